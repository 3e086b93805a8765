"""Order, shifts and standardisation of inputs."""

import numpy as np
import pytest
import torch

from lucency.comparison.batches import Inputs, batches_of_epoch, shifts_of_epoch


def test_an_epoch_shows_each_image_at_most_once_and_leaves_out_less_than_a_batch():
    batches = list(batches_of_epoch(50, 8, seed=1, epoch=2))
    seen = np.concatenate(batches)
    assert [len(batch) for batch in batches] == [8] * 6
    assert len(set(seen.tolist())) == 48
    assert set(seen.tolist()) <= set(range(50))


def test_the_order_depends_on_seed_and_epoch_alone():
    def order(seed, epoch):
        return np.concatenate(list(batches_of_epoch(40, 8, seed, epoch))).tolist()

    assert order(0, 1) == order(0, 1)
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (1, 2)}) == 4
    shifts = shifts_of_epoch(2, 0, 1)
    drawn = {next(shifts) for _ in range(500)}
    assert drawn == {(down, right) for down in range(-2, 3) for right in range(-2, 3)}


def test_features_are_standardised_by_the_training_images(study):
    inputs = Inputs(study, "cpu")
    train = inputs.batch(study.rows("train"))
    np.testing.assert_allclose(train.mean(dim=0), 0, atol=1e-5)
    np.testing.assert_allclose(train.std(dim=0, unbiased=False), 1, atol=1e-5)
    values = study.inputs[study.rows("train")]
    expected = (study.inputs[study.rows("test")] - values.mean(axis=0)) / values.std(axis=0)
    np.testing.assert_allclose(inputs.batch(study.rows("test")), expected, atol=1e-4)


def test_images_get_one_channel_one_scale_and_move_as_told(make_study):
    pixels = np.random.default_rng(0).integers(0, 256, (240, 5, 5), dtype=np.uint8)
    study = make_study(inputs=pixels)
    inputs, rows = Inputs(study, "cpu"), np.array([3, 9])
    still = inputs.batch(rows)
    train = pixels[study.rows("train")].astype(float)
    np.testing.assert_allclose(still[:, 0], (pixels[rows] - train.mean()) / train.std(), atol=1e-5)
    for down in (-2, 0, 1):
        for right in (-1, 0, 2):
            moved = inputs.batch(rows, (down, right))
            for row, column in np.ndindex(5, 5):
                source = np.clip(row - down, 0, 4), np.clip(column - right, 0, 4)
                assert torch.equal(moved[:, 0, row, column], still[:, 0, source[0], source[1]])


def test_a_constant_feature_does_no_harm(make_study, study):
    inputs = study.inputs.copy()
    inputs[:, 2] = 7
    assert Inputs(make_study(inputs=inputs), "cpu").batch(study.rows("val"))[:, 2].tolist() == pytest.approx([0] * 48)
