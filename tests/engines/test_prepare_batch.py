"""What `PrepareBatch` gives an engine, and that its random numbers come again when they must."""

import pytest
import torch
from monai.engines import SupervisedTrainer
from torch import nn

from lucency.engines import PrepareBatch, SeedEveryEpoch, TwoViewInferer
from lucency.engines.as_float import as_float
from lucency.errors import ConfigError
from lucency.transforms.batch_brightness import BatchBrightness
from lucency.transforms.batch_gamma import BatchGamma

GAMMA, BRIGHTNESS = BatchGamma(prob=1, gamma=[0.5, 2]), BatchBrightness(prob=1, offset=0.2)


def batch(images=4, dtype=torch.uint8):
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (images, 1, 8, 8), generator=generator)
    return {"image": pixels.to(dtype), "label": torch.tensor([[1.0, torch.nan]] * images)}


def prepared(epoch, batches=3, **options):
    """The images of an epoch's first batches."""
    prepare = PrepareBatch(augment=[GAMMA], **options)
    prepare.set_epoch(epoch)
    return [prepare(batch())[0] for _ in range(batches)]


def same(first, second):
    return all(torch.equal(*pair) for pair in zip(first, second, strict=True))


@pytest.mark.parametrize(("dtype", "largest"), [(torch.uint8, 255), (torch.uint16, 65535)])
def test_whole_numbers_become_their_share_of_the_range(dtype, largest):
    stored = torch.tensor([0, 1, largest // 2, largest]).to(dtype)
    shares = as_float(stored)
    assert shares.dtype == torch.float32
    torch.testing.assert_close(shares.double(), stored.long().double() / largest, rtol=1e-7, atol=0)


def test_floats_stay_what_they_are_and_meta_tensors_become_plain():
    from monai.data import MetaTensor

    image = MetaTensor(torch.tensor([-0.5, 2.0]))
    assert type(as_float(image)) is torch.Tensor
    assert torch.equal(as_float(image), torch.tensor([-0.5, 2.0]))


def test_without_augmentation_images_are_as_stored_and_unknown_labels_unknown():
    images, targets = PrepareBatch()(batch())
    assert torch.equal(images, batch()["image"] / 255)
    assert targets.isnan().sum() == 4


def test_numbers_depend_on_seed_epoch_rank_and_batch_alone(monkeypatch):
    first = prepared(epoch=2)
    torch.rand(99)
    assert same(first, prepared(epoch=2))
    assert not torch.equal(first[0], first[1])
    assert not same(first, prepared(epoch=3))
    assert not same(first, prepared(epoch=2, seed=1))
    monkeypatch.setattr("lucency.engines.prepare_batch.own_rank", lambda: (1, 2))
    assert not same(first, prepared(epoch=2))


def test_an_evaluation_between_two_batches_changes_nothing():
    prepare = PrepareBatch(augment=[GAMMA])
    prepare.set_epoch(2)
    seen = []
    for _ in range(3):
        seen.append(prepare(batch())[0])
        PrepareBatch()(batch())
    assert same(seen, prepared(epoch=2))


def test_the_strong_view_is_the_weak_one_changed_further():
    prepare = PrepareBatch(augment=[GAMMA], strong=[BRIGHTNESS])
    prepare.set_epoch(2)
    weak, targets, (strong,), named = prepare(batch())
    assert torch.equal(weak, prepared(epoch=2)[0])
    difference = (strong - weak).flatten(1)
    torch.testing.assert_close(difference.amax(dim=1), difference.amin(dim=1))
    assert difference[:, 0].unique().numel() == len(weak)
    assert targets.shape == (4, 2)
    assert named == {}


@pytest.mark.parametrize("key", ["image", "label"])
def test_a_batch_without_images_or_labels_is_refused(key):
    incomplete = {name: entry for name, entry in batch().items() if name != key}
    with pytest.raises(ConfigError, match=f"PrepareBatch: the batch has no '{key}'"):
        PrepareBatch()(incomplete)


def trainer(prepare, epochs, seen, **options):
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))

    def loss(prediction, targets):
        seen.append(engine.state.output["image"])
        return sum(part.mean() for part in prediction) if isinstance(prediction, tuple) else prediction.mean()

    engine = SupervisedTrainer(
        device="cpu",
        max_epochs=epochs,
        train_data_loader=[batch()] * 3,
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.01),
        loss_function=loss,
        prepare_batch=prepare,
        train_handlers=[SeedEveryEpoch(seed=5, set_epoch_of=[prepare])],
        decollate=False,
        **options,
    )
    return engine


def test_a_resumed_trainer_sees_the_images_of_an_unbroken_one():
    whole, tail = [], []
    trainer(PrepareBatch(augment=[GAMMA]), 3, whole).run()
    resumed = trainer(PrepareBatch(augment=[GAMMA]), 3, tail)
    resumed.state.epoch, resumed.state.iteration = 2, 6
    resumed.run()
    assert len(whole) == 9
    assert same(whole[6:], tail)
    assert len({float(images.sum()) for images in whole}) == 9


def test_a_trainer_takes_two_views():
    seen = []
    trainer(PrepareBatch(augment=[GAMMA], strong=[BRIGHTNESS]), 1, seen, inferer=TwoViewInferer()).run()
    assert len(seen) == 3
