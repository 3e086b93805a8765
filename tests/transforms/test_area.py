"""Averaging areas: weights, both forms of the loops, and framing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lucency.transforms import averaging
from lucency.transforms.area import area_weights
from lucency.transforms.averaging import average_clipped, average_looked_up
from lucency.transforms.framing import framing, halvings
from references.area import padded_size, reference_average, shares

SIDES = st.integers(1, 60)
COMPILED = averaging._sum_clipped, averaging._sum_looked_up, averaging._sum_columns


def plain(monkeypatch):
    for loop in COMPILED:
        monkeypatch.setattr(loop, "_chosen", loop.instead)


def compiled(monkeypatch):
    for loop in COMPILED:
        monkeypatch.setattr(loop, "_chosen", None)
        monkeypatch.setattr(loop, "after", 0)


@given(side=SIDES, number=SIDES, cut=st.floats(0, 0.49))
def test_weights_are_the_shares_of_what_a_pixel_covers(side, number, cut):
    weights = area_weights(side, number, cut * side, side - cut * side)
    for index in range(number):
        line = np.zeros(side + weights.weights.shape[1])
        start, count = weights.starts[index], weights.counts[index]
        assert start + count <= side
        line[start : start + count] = weights.weights[index, :count]
        np.testing.assert_array_equal(weights.weights[index, count:], 0)
        expected = shares(cut * side, side - cut * side, number, side, index)
        np.testing.assert_allclose(line[:side], expected, rtol=0, atol=2e-6)


def test_the_outermost_pixels_reach_on():
    weights = area_weights(2, 2, -1, 3)
    assert weights.weights[:, 0].tolist() == [1, 1]
    assert weights.starts.tolist() == [0, 1]


@pytest.mark.parametrize("kind", ["u1", "u2", "i1", "i2", "f4"])
@pytest.mark.parametrize("size", [(3, 2), (40, 50), (37, 1)])
def test_numpy_and_compiled_agree_to_the_last_bit(monkeypatch, kind, size):
    pixels = np.random.default_rng(0).integers(0, 100, (37, 41)).astype(kind)
    weights = area_weights(37, size[0]), area_weights(41, size[1])
    table = np.linspace(0, 1, 256, dtype=np.float32) ** 2
    results = []
    for choose in (plain, compiled):
        choose(monkeypatch)
        small = [average_clipped(pixels, *weights, base=3, low=1.25, high=70.5)]
        if kind[0] == "u":
            small.append(average_looked_up(pixels, *weights, table))
        results.append(small)
    for first, second in zip(*results, strict=True):
        np.testing.assert_array_equal(first, second)
    expected = reference_average(np.clip(pixels.astype(float) - 3, 1.25, 70.5), size)
    np.testing.assert_allclose(results[0][0], expected, rtol=1e-6)
    if kind[0] == "u":
        np.testing.assert_allclose(results[0][1], reference_average(table[pixels], size), rtol=1e-6)


@given(shape=st.tuples(SIDES, SIDES), size=SIDES, fit=st.sampled_from(["pad", "crop"]))
def test_framing_keeps_the_whole_image_or_its_centred_square(shape, size, fit):
    pixels = np.random.default_rng(0).random(shape, dtype=np.float32)
    rows, columns = framing(shape, size, fit)
    small = average_clipped(pixels, rows.weights(), columns.weights(), base=0, low=0, high=1)
    assert small.shape == ((size, size) if fit == "crop" else padded_size(shape, size))
    np.testing.assert_allclose(small, reference_average(pixels, small.shape, fit), rtol=0, atol=1e-6)


@given(shape=st.tuples(st.integers(1, 5000), st.integers(1, 5000)), size=st.integers(1, 600))
def test_a_halved_image_stays_nearly_twice_as_large_as_the_result(shape, size):
    times = halvings(shape, size)
    assert times == 0 or min(shape) / 2**times >= 1.9 * size
    assert min(shape) / 2 ** (times + 1) < 1.9 * size
