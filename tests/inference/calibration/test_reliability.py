"""Reliability diagrams: what a bin holds, and figures of any number of findings."""

import io

import numpy as np
import pytest
from PIL import Image

from lucency.inference.calibration import fit_calibration, reliability_figure
from lucency.inference.calibration.reliability import _bin_images


def test_bins_hold_the_same_images_with_equal_expected_information():
    rng = np.random.default_rng(0)
    raw = rng.random(5000) ** 3
    calibrated = raw / 2
    y = np.where(rng.random(5000) < 0.2, np.nan, rng.random(5000) < calibrated)
    known = ~np.isnan(y)
    points = _bin_images(raw, calibrated, y, 8)
    assert points.shape == (5, 8)
    np.testing.assert_allclose(points[1], points[0] / 2)
    order = np.argsort(raw[known])
    total = np.cumsum((calibrated * (1 - calibrated))[known][order])
    part = np.searchsorted(total, total[-1] * np.arange(1, 8) / 8)
    sizes = np.diff([0, *part, known.sum()])
    assert points[0] @ sizes == pytest.approx(raw[known].sum())
    assert points[2] @ sizes == pytest.approx(y[known].sum())
    assert (points[3] <= points[2]).all()
    assert (points[2] <= points[4]).all()
    z, n, k = 1.959963985, sizes[0], points[2, 0] * sizes[0]
    wilson = (k + z**2 / 2) / (n + z**2), z / (n + z**2) * np.sqrt(k * (n - k) / n + z**2 / 4)
    assert points[3:, 0] == pytest.approx([wilson[0] - wilson[1], wilson[0] + wilson[1]])


def test_few_positives_make_few_bins():
    p = np.linspace(0.01, 0.99, 100)
    y = (np.arange(100) % 10 == 0).astype(float)
    assert _bin_images(p, p, y, 10).shape == (5, 2)
    assert _bin_images(p, p, np.zeros(100), 10).shape == (5, 1)
    assert _bin_images(p, p, np.full(100, np.nan), 10).shape == (5, 0)


@pytest.mark.parametrize("findings", [1, 7])
def test_a_figure_holds_every_finding_and_is_the_same_again(findings):
    rng = np.random.default_rng(0)
    p = rng.random((400, findings))
    y = (rng.random(p.shape) < p**2).astype(float)
    if findings > 1:
        y[:, 1], y[:, 2] = np.nan, 0
    fit = fit_calibration(p, y, np.arange(400), [f"f{number}" for number in range(findings)])
    png = reliability_figure(fit, {"f0": "Name"})
    if findings == 1:
        assert png == reliability_figure(fit, {"f0": "Name"})
        assert png != reliability_figure(fit)
    width, height = Image.open(io.BytesIO(png)).size
    assert width > 200 * min(findings, 5)
    assert height > 200 * -(-findings // 5)
