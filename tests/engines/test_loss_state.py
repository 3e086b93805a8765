"""What a trainer's loss is told through `LossState`, and that nothing is done for a loss that asks for nothing."""

from types import SimpleNamespace

import pytest
import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from monai.transforms import RandGaussianNoised
from torch import nn

from lucency.engines import LossState, parameter_groups
from lucency.errors import ConfigError
from lucency.losses import (
    AssumeNegativeLoss,
    EpochAware,
    Loss,
    OnlineLabelEstimationLoss,
    PredictionFed,
    SampleIndexed,
    WeightedSumLoss,
)
from references.ranks import predict_training_set, run_on_ranks

IMAGES, FEATURES, FINDINGS = 10, 4, 2


class ListeningLoss(Loss, EpochAware, PredictionFed):
    """Write down all that it is told; wants predictions after every second epoch."""

    def __init__(self):
        super().__init__()
        self.epochs, self.batches, self.ended, self.learned = [], [], 0, []

    def value(self, logits, targets, known):
        self.epochs.append((self.epoch, self.max_epochs))
        self.batches.append((self.index_of(logits, IMAGES), targets))
        return logits.square().mean()

    def end_epoch(self):
        self.ended += 1

    def wants_predictions(self):
        return self.epoch % 2 == 0

    def learn(self, logits):
        self.learned.append(logits)


def records(with_index=True):
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(IMAGES, FEATURES, generator=generator)
    return [
        {"image": image, "label": torch.tensor([place / IMAGES, 1.0]), **({"index": place} if with_index else {})}
        for place, image in enumerate(images)
    ]


def train(loss, epochs=4, *, data=None, transform=None, optimize_loss=True, **options):
    """A trained trainer; images are noisy, and the network has all that differs between training and evaluation."""
    torch.manual_seed(0)
    data = records() if data is None else data
    network = nn.Sequential(nn.Linear(FEATURES, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, FINDINGS))
    groups = parameter_groups(network=network, loss=loss if optimize_loss else nn.Identity(), lr=0.01)
    dataset = Dataset(data, RandGaussianNoised("image", prob=1.0))
    trainer = SupervisedTrainer(
        device="cpu",
        max_epochs=epochs,
        train_data_loader=DataLoader(dataset, batch_size=5, shuffle=True),
        network=network,
        optimizer=torch.optim.SGD(groups, lr=0.01),
        loss_function=loss,
        train_handlers=[LossState(data=data, transform=transform, batch_size=3, **options)],
        decollate=False,
    )
    trainer.run()
    return trainer


def test_a_loss_is_told_epochs_and_images():
    loss = ListeningLoss()
    train(loss, epochs=3)
    assert loss.epochs == [(1, 3)] * 2 + [(2, 3)] * 2 + [(3, 3)] * 2
    assert loss.ended == 3
    for index, targets in loss.batches:
        torch.testing.assert_close(targets[:, 0], index / IMAGES)  # these images and no others
    for epoch in range(3):
        seen = torch.cat([index for index, _ in loss.batches[2 * epoch : 2 * epoch + 2]])
        assert sorted(seen.tolist()) == list(range(IMAGES))


@pytest.mark.parametrize("workers", [0, 2])
def test_predictions_are_those_of_the_network_in_evaluation_without_augmentation(workers):
    loss = ListeningLoss()
    trainer = train(loss, epochs=2, num_workers=workers)
    images = torch.stack([record["image"] for record in records()])
    assert trainer.network.training
    with torch.no_grad():
        expected = trainer.network.eval()(images)
    assert len(loss.learned) == 1
    torch.testing.assert_close(loss.learned[0], expected)


def test_the_transform_is_applied():
    loss = ListeningLoss()
    trainer = train(loss, epochs=2, transform=lambda record: {**record, "image": 0 * record["image"]})
    with torch.no_grad():
        expected = trainer.network.eval()(torch.zeros(IMAGES, FEATURES))
    torch.testing.assert_close(loss.learned[0], expected)


class Batched:
    """Pixels in whole numbers that are read in batches, as `CachedRadiographs` has them."""

    def __init__(self):
        self.data = [{**record, "image": "a path"} for record in records()]
        self.pixels = torch.arange(IMAGES * FEATURES, dtype=torch.uint8).view(IMAGES, FEATURES)
        self.order = (3, 1, 4, 0, 5, 9, 2, 6, 8, 7)  # an index is not the place in a table

    def __len__(self):
        return len(self.order)

    def batch(self, places):
        index = torch.tensor([self.order[place] for place in places])
        return {"image": self.pixels[index], "index": index}


def test_a_data_set_that_is_read_in_batches_needs_no_transform():
    trainer, dataset = train(ListeningLoss(), epochs=1), Batched()
    trainer.data_loader = SimpleNamespace(dataset=dataset)
    logits = LossState(data=dataset.data, batch_size=4).predict(trainer)
    with torch.no_grad():
        expected = trainer.network.eval()(dataset.pixels / 255)
    torch.testing.assert_close(logits, expected)


def test_logits_are_put_in_the_order_of_the_index():
    data = records()
    shuffled = [data[place] for place in (3, 1, 4, 0, 5, 9, 2, 6, 8, 7)]
    losses = [ListeningLoss(), ListeningLoss()]
    trainer = train(losses[0], epochs=2, data=shuffled)
    handler = LossState(data=data, transform=None, batch_size=4)
    torch.testing.assert_close(handler.predict(trainer), losses[0].learned[0])


def test_the_parts_of_a_sum_are_told_and_the_network_predicts_once():
    parts = [ListeningLoss(), AssumeNegativeLoss(), ListeningLoss()]
    read = []
    train(WeightedSumLoss(losses=parts, weights=[1.0] * 3), 2, transform=lambda record: read.append(1) or record)
    for part in (parts[0], parts[2]):
        assert part.epochs == [(1, 2)] * 2 + [(2, 2)] * 2
        assert len(part.learned) == 1
    assert parts[0].learned[0] is parts[2].learned[0]
    assert len(read) == IMAGES


def refuse(record):
    raise AssertionError("an image was read for a loss that needs none")


@pytest.mark.parametrize("loss", [AssumeNegativeLoss(), nn.BCEWithLogitsLoss()])
def test_a_loss_that_wants_nothing_costs_nothing(loss):
    with_state = train(loss, data=records(with_index=False), transform=refuse)
    assert with_state.state.epoch == 4


def test_a_batch_without_index_is_an_error_of_one_line():
    class IndexedLoss(Loss, SampleIndexed):
        def value(self, logits, targets, known):
            return logits[self.index_of(logits, IMAGES)].sum()

    with pytest.raises(ConfigError, match=r"IndexedLoss: sample index missing; .* keep 'index' in the batch"):
        train(IndexedLoss(), data=records(with_index=False))


def test_an_optimizer_without_what_the_loss_learns_is_an_error():
    loss = OnlineLabelEstimationLoss(training_targets=records(), expected_positives=1)
    with pytest.raises(ConfigError, match=r"OnlineLabelEstimationLoss learns estimates, which the optimizer does not"):
        train(loss, optimize_loss=False)
    before = loss.estimates.detach().clone()
    train(loss, epochs=1)
    assert not torch.equal(loss.estimates.detach(), before)


@pytest.mark.slow
def test_ranks_share_predictions_with_the_statistics_of_the_first(tmp_path):
    images = torch.randn(7, FEATURES, generator=torch.Generator().manual_seed(0))  # an odd number: unequal shares
    first, second = run_on_ranks(predict_training_set, tmp_path, images)
    assert torch.equal(first["logits"], second["logits"])
    assert not torch.equal(first["before"], second["before"])
    assert torch.equal(first["after"], first["before"])
    assert torch.equal(second["after"], first["before"])
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(FEATURES, 3), nn.BatchNorm1d(3))
    network(images[::2])
    with torch.no_grad():
        torch.testing.assert_close(first["logits"], network.eval()(images))
    assert first["training"]
