"""Augmentations of a batch equal MONAI's of its images, one by one, and draw as MONAI draws."""

import numpy as np
import pytest
import torch
from monai.transforms import RandAdjustContrast, RandAffine, RandCoarseDropout
from torch import Generator

from lucency.errors import ConfigError
from lucency.transforms.batch_affine import BatchAffine
from lucency.transforms.batch_blur import BatchBlur, gaussian_kernels
from lucency.transforms.batch_brightness import BatchBrightness
from lucency.transforms.batch_contrast import BatchContrast
from lucency.transforms.batch_erasing import BatchErasing
from lucency.transforms.batch_gamma import BatchGamma
from lucency.transforms.batch_noise import BatchNoise
from references import batch_augmentations as reference

ALL = {
    "affine": BatchAffine(prob=1, rotate_range=0.3, scale_range=0.2, translate_range=0.1),
    "gamma": BatchGamma(prob=1, gamma=[0.5, 2.0]),
    "contrast": BatchContrast(prob=1, factor=0.5),
    "brightness": BatchBrightness(prob=1, offset=0.2),
    "erasing": BatchErasing(prob=1, holes=[1, 3], size=[0.1, 0.3]),
    "noise": BatchNoise(prob=1, std=0.1),
    "blur": BatchBlur(prob=1, sigma=[0.25, 1.5]),
}


def seeded(seed=0):
    return Generator().manual_seed(seed)


def images(batch=5, channels=1, size=(32, 32)):
    return torch.rand((batch, channels, *size), generator=seeded(7))


@pytest.mark.parametrize("name", ["affine", "gamma", "contrast", "brightness", "erasing"])
@pytest.mark.parametrize("shape", [(5, 1, (32, 32)), (3, 2, (31, 40)), (1, 1, (16, 7))])
def test_a_batch_changes_as_its_images_do_in_monai(name, shape):
    batch = images(*shape)
    drawn = ALL[name].draw(len(batch), shape[2], seeded())
    expected = reference.one_by_one(getattr(reference, name), batch, drawn)
    torch.testing.assert_close(ALL[name].change(batch, **drawn), expected, rtol=0, atol=1e-5)


def test_blur_is_monais():
    batch, sigma = images(6, 2, (24, 30)), torch.rand((6, 2), generator=seeded()) * 1.5 + 0.05
    expected = reference.one_by_one(reference.blur, batch, {"sigma": sigma})
    got = ALL["blur"].change(batch, kernels=gaussian_kernels(sigma))
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_images_and_another_others(name):
    batch, before = images(), images()
    first, again, other = (ALL[name](batch, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(batch, before), "the batch given is left alone"
    assert first.dtype == batch.dtype
    assert not torch.equal(*(image - base for image, base in zip(first[:2], batch[:2], strict=True)))


@pytest.mark.parametrize("name", ALL)
def test_only_a_share_of_the_images_is_changed_and_the_others_bit_for_bit_not(name):
    changer = ALL[name]
    batch = images(400, size=(16, 16))
    changer.prob, whole = 0.3, changer.prob
    try:
        changed = (changer(batch, seeded()) != batch).flatten(1).any(dim=1)
    finally:
        changer.prob = whole
    assert 0.3 * 400 - 37 < changed.sum() <= 0.3 * 400 + 37  # four standard deviations


def test_nothing_is_drawn_for_nobody():
    batch = images()
    assert BatchGamma(prob=0, gamma=[0.5, 2])(batch, seeded()) is batch


def quantiles(numbers):
    return np.quantile(np.asarray(numbers, dtype=float).ravel(), [0, 0.25, 0.5, 0.75, 1])


def test_affine_draws_from_monais_distributions():
    size = 200
    theirs = RandAffine(1.0, rotate_range=0.3, scale_range=[0.2, 0.2], translate_range=[0.1 * size] * 2)
    theirs.set_random_state(0)
    drawn = {"rotate_params": [], "scale_params": [], "translate_params": []}
    for _ in range(4000):
        theirs.rand_affine_grid.randomize()
        for key, values in drawn.items():
            values.append(getattr(theirs.rand_affine_grid, key))
    ours = ALL["affine"].draw(4000, (size, size), seeded())
    pairs = {"rotate_params": "angle", "scale_params": "scale", "translate_params": "shift"}
    for key, own in pairs.items():
        spread = np.ptp(drawn[key])
        np.testing.assert_allclose(quantiles(ours[own]), quantiles(drawn[key]), rtol=0, atol=0.04 * spread)


def test_gamma_draws_from_monais_distribution():
    theirs = RandAdjustContrast(prob=1.0, gamma=(0.5, 2.0)).set_random_state(0)
    drawn = []
    for _ in range(4000):
        theirs.randomize()
        drawn.append(theirs.gamma_value)
    ours = ALL["gamma"].draw(4000, (8, 8), seeded())["gamma"]
    np.testing.assert_allclose(quantiles(ours), quantiles(drawn), rtol=0, atol=0.06)


def test_erasing_draws_from_monais_distribution():
    theirs = RandCoarseDropout(
        holes=1, max_holes=3, spatial_size=6, max_spatial_size=19, fill_value=0.0, prob=1.0
    ).set_random_state(0)
    erased = []
    for _ in range(1500):
        theirs.randomize((64, 64))
        erased.append(sum((box[1].stop - box[1].start) * (box[2].stop - box[2].start) for box in theirs.hole_coords))
    boxes = ALL["erasing"].draw(1500, (64, 64), seeded())["boxes"]
    areas = ((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])).sum(dim=1)
    np.testing.assert_allclose(np.mean(areas.numpy()), np.mean(erased), rtol=0.05)
    assert boxes.min() >= 0
    assert boxes.max() <= 64
    sides = boxes[..., 2] - boxes[..., 0]
    assert set(sides[sides > 0].tolist()) <= set(range(6, 20))


def test_noise_has_the_spread_that_was_drawn():
    batch = torch.zeros(3, 1, 128, 128)
    std = torch.tensor([0.0, 0.05, 0.1])
    noisy = ALL["noise"].change(batch, std=std, seed=3)
    torch.testing.assert_close(noisy.flatten(1).std(dim=1), std, rtol=0.03, atol=0)


def test_one_grey_stays_as_it_is():
    grey = torch.full((2, 1, 8, 8), 0.25)
    for name in ("gamma", "contrast"):
        torch.testing.assert_close(ALL[name](grey, seeded()), grey)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BatchAffine(prob=1.5), "BatchAffine: prob is 1.5; give a number from 0 to 1"),
        (lambda: BatchAffine(prob=1, scale_range=[0.1]), r"scale_range is \[0.1\]; give a number from 0 to 0.99"),
        (lambda: BatchGamma(prob=1, gamma=2), "gamma is 2; give a list of two numbers"),
        (lambda: BatchGamma(prob=1, gamma=[2, 1]), "the smaller number first"),
        (lambda: BatchGamma(prob=1, gamma=[0, 1]), "gamma is 0; give a number from 0.01"),
        (lambda: BatchErasing(prob=1, holes=[1, 2.5], size=[0.1, 0.2]), "two whole numbers"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
