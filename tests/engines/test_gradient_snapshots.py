import numpy as np
import pytest
import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from monai.transforms import RandGaussianNoised
from torch import nn

from lucency.engines import SeedEveryEpoch
from lucency.engines.gradient_snapshots import GradientSnapshots
from lucency.errors import ConfigError, LucencyError, TableError
from lucency.metrics import auroc
from lucency.networks import ClassQueryHead
from lucency.refine.snapshot_store import SnapshotStore
from references.ranks import run_on_ranks
from references.vog import snapshots_of_ranks

IMAGES, FEATURES, FINDINGS, HIDDEN = 10, 4, ["edema", "mass"], 8


def records(labels=None):
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(IMAGES, FEATURES, generator=generator)
    labels = torch.rand(IMAGES, 2, generator=generator).round() if labels is None else labels
    rows = [
        {"image": image, "label": label, "index": place, "file": f"/data/{place}.png"}
        for place, (image, label) in enumerate(zip(images, labels, strict=True))
    ]
    return [rows[place] for place in (3, 1, 4, 0, 5, 9, 2, 6, 8, 7)]  # a table need not be sorted


def network_of(head=None):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(FEATURES, HIDDEN), nn.BatchNorm1d(HIDDEN), nn.Dropout(0.5), nn.ReLU(), head or nn.Linear(HIDDEN, 2)
    )


def trainer_of(network, handlers, *, data, epochs=3, noise=True, learning_rate=0.1, batch=5):
    def loss(logits, labels):
        known = ~labels.isnan()
        return nn.functional.binary_cross_entropy_with_logits(logits[known], labels[known])

    dataset = Dataset(data, RandGaussianNoised("image", prob=float(noise)))
    return SupervisedTrainer(
        device="cpu",
        max_epochs=epochs,
        train_data_loader=DataLoader(dataset, batch_size=batch, shuffle=True),
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=learning_rate),
        loss_function=loss,
        train_handlers=[SeedEveryEpoch(seed=1, dataset=dataset), *handlers],
        decollate=False,
    )


def train(folder, epochs=3, head=None, data=None, start=None, **options):
    """A trained trainer and the store of its snapshots; two iterations an epoch."""
    network, data = network_of(head), records() if data is None else data
    given = {"transform": None, "batch_size": 3, "snapshots": 2, "findings": FINDINGS, **options}
    handler = GradientSnapshots(folder=folder, data=data, network=network, **given)
    trainer = trainer_of(network, [handler], data=data, epochs=epochs)
    if start:
        network.load_state_dict(start.network.state_dict())
        trainer.state.epoch, trainer.state.iteration = start.state.epoch, start.state.iteration
        trainer.state.epoch_length, trainer.state.max_epochs = start.state.epoch_length, epochs
    trainer.run()
    return trainer, handler.store


def last_snapshot(store):
    slot = SnapshotStore.open(store.folder)._header.complete()[-1]["slot"]
    return [np.load(store.folder / f"{name}-{slot}.npy") for name in ("residuals", "features")]


@pytest.mark.parametrize("head", [None, "queries"])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_snapshot_is_what_the_network_says_in_evaluation_without_augmentation(tmp_path, workers, head):
    options = {"head": ClassQueryHead(HIDDEN, 2), "layer": "4"} if head else {}
    labels = torch.tensor([[1, torch.nan]] + [[0, 1]] * (IMAGES - 1))
    trainer, store = train(tmp_path, data=records(labels), num_workers=workers, **options)
    assert trainer.network.training
    images = torch.stack([record["image"] for record in sorted(records(), key=lambda record: record["index"])])
    with torch.no_grad():
        trainer.network.eval()
        features = trainer.network[:-1](images)
        expected = torch.sigmoid(trainer.network(images)) - labels
    residuals, kept = last_snapshot(store)
    np.testing.assert_allclose(residuals, expected, rtol=1e-5)
    np.testing.assert_allclose(kept, features, rtol=2**-11, atol=1e-6)
    assert np.argwhere(np.isnan(store.vog())).tolist() == [[0, 1]]
    assert store.images == [f"/data/{place}.png" for place in range(IMAGES)]


def test_training_is_as_without(tmp_path):
    with_snapshots, _ = train(tmp_path, interval=0.5)
    network = network_of()
    trainer_of(network, [], data=records()).run()
    for (name, with_), without in zip(
        with_snapshots.network.state_dict().items(), network.state_dict().values(), strict=True
    ):
        assert torch.equal(with_, without), name  # weights, batch-norm statistics, and the dropout that led there


def test_gradients_are_untouched(tmp_path):
    network, data = network_of(), records()
    options = {"transform": None, "batch_size": 3, "findings": FINDINGS, "network": network}
    handler = GradientSnapshots(folder=tmp_path, data=data, **options)
    trainer = trainer_of(network, [handler], data=data, epochs=1)
    trainer.run()
    before = [parameter.grad.clone() for parameter in network.parameters()]
    handler.take(trainer)
    assert all(torch.equal(parameter.grad, grad) for parameter, grad in zip(network.parameters(), before, strict=True))
    assert not network[-1]._forward_hooks


@pytest.mark.parametrize(
    ("interval", "steps"),
    [(1, [2, 4, 6]), (2, [4]), (0.5, [1, 2, 3, 4, 5, 6]), (1.5, [3, 6]), (0.1, [1, 2, 3, 4, 5, 6])],
)
def test_snapshots_are_taken_at_the_interval(tmp_path, interval, steps):
    _, store = train(tmp_path, interval=interval, snapshots=7)
    assert store.steps == steps


def test_a_run_that_goes_on_ends_with_the_snapshots_of_an_unbroken_one(tmp_path):
    _, unbroken = train(tmp_path / "unbroken", epochs=4)
    checkpoint, _ = train(tmp_path / "broken", epochs=2)
    train(tmp_path / "broken", epochs=3, start=checkpoint)  # killed before its third epoch was in a checkpoint
    _, broken = train(tmp_path / "broken", epochs=4, start=checkpoint)
    assert broken.steps == unbroken.steps == [6, 8]
    np.testing.assert_array_equal(broken.vog(), unbroken.vog())


def test_a_run_that_starts_afresh_forgets_the_former(tmp_path):
    train(tmp_path, epochs=3)
    _, store = train(tmp_path, epochs=1)
    assert store.steps == [2]


def test_other_labels_are_another_store(tmp_path):
    train(tmp_path)
    with pytest.raises(TableError, match="holds snapshots of other labels"):
        train(tmp_path, data=records(torch.zeros(IMAGES, 2)))


def test_images_are_named_as_in_the_table(tmp_path):
    _, store = train(tmp_path, image_root="/data")
    assert store.images == [f"{place}.png" for place in range(IMAGES)]


class Bent(nn.Sequential):
    in_features = HIDDEN


class Halved(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(HIDDEN, 2)

    def forward(self, features):
        return self.linear(features) / 2


class Places(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(HIDDEN, 2)

    def forward(self, features):
        return self.linear(features[:, None]).squeeze(1)


CONDITIONED = {"controller": "mlp", "image_conditioned": True, "reduced_features": 4}


@pytest.mark.parametrize(
    ("head", "layer", "message"),
    [
        (Bent(nn.Linear(HIDDEN, 9), nn.ReLU(), nn.Linear(9, 2)), "4", r"'4' \(Bent\) is no linear function"),
        (ClassQueryHead(HIDDEN, 2, **CONDITIONED), "4", r"\(ClassQueryHead\) is no linear function"),
        (Halved(), None, r"'4\.linear' \(Linear\) does not give the network's logits"),
        (Places(), None, r"'4\.linear' \(Linear\) takes \(3, 1, 8\), not 8 features an image"),
        (nn.Linear(HIDDEN, 2), "3", r"'3' \(ReLU\) does not say how many features it takes"),
        (nn.Linear(HIDDEN, 2), "fc", r"Sequential has no layer 'fc'; its last is '4'"),
        (nn.Linear(HIDDEN, 3), None, r"has no nn\.Linear of 2 outputs; name as layer the one"),
    ],
)
def test_a_layer_whose_gradient_is_another_is_refused(tmp_path, head, layer, message):
    with pytest.raises(ConfigError, match=message):
        train(tmp_path, head=head, layer=layer)


def test_a_network_that_has_diverged_is_an_error(tmp_path):
    network, data = network_of(), records()
    options = {"transform": None, "batch_size": 3, "findings": FINDINGS, "network": network}
    handler = GradientSnapshots(folder=tmp_path, data=data, **options)
    trainer = trainer_of(network, [handler], data=data, epochs=1, learning_rate=torch.inf)
    with pytest.raises(LucencyError, match="logits are not finite; lower the learning rate"):
        trainer.run()
    assert handler.store.steps == []


@pytest.mark.parametrize("interval", [0, -1, float("nan")])
def test_an_interval_must_pass(tmp_path, interval):
    with pytest.raises(ConfigError, match=f"interval is {interval}; give epochs"):
        train(tmp_path, interval=interval)


def planted(folder):
    """VoG of a small network, the noise that was planted, and the labels with it."""
    rng = np.random.default_rng(0)
    truth = rng.random((600, 2)) < (0.3, 0.1)
    inputs = rng.normal(size=(600, 16)) + 1.25 * truth @ rng.choice([-1, 1], (2, 16))
    flipped = rng.random(truth.shape) < 0.1
    labels = torch.from_numpy((truth ^ flipped).astype(np.float32))
    data = [
        {"image": image, "label": label, "index": place, "file": f"{place}.png"}
        for place, (image, label) in enumerate(zip(torch.from_numpy(inputs).float(), labels, strict=True))
    ]
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2))
    options = {"transform": None, "batch_size": 200, "findings": FINDINGS, "network": network}
    handler = GradientSnapshots(folder=folder, data=data, **options)
    trainer_of(network, [handler], data=data, epochs=5, noise=False, learning_rate=0.5, batch=50).run()
    return handler.store.vog(), flipped, labels.numpy()


def test_positives_that_were_missed_are_fought_over(tmp_path):
    vog, flipped, labels = planted(tmp_path / "first")
    areas = auroc(vog, np.where(labels == 0, flipped, np.nan)).values  # false positives less so: docs/reference/vog.md
    assert (areas > 0.9).all(), areas
    np.testing.assert_array_equal(planted(tmp_path / "again")[0], vog)


@pytest.mark.slow
def test_ranks_share_a_snapshot_with_the_statistics_of_the_first(tmp_path):
    images = torch.randn(7, FEATURES, generator=torch.Generator().manual_seed(0))  # an odd number: unequal shares
    folder = tmp_path / "snapshots"
    first, second = run_on_ranks(snapshots_of_ranks, tmp_path, images, str(folder))
    assert first["steps"] == second["steps"] == [1, 2]
    assert torch.equal(first["vog"], second["vog"])
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(FEATURES, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    network(images[::2])
    with torch.no_grad():
        expected = torch.sigmoid(network.eval()(images))
    np.testing.assert_allclose(last_snapshot(SnapshotStore.open(folder))[0], expected, rtol=1e-5)
