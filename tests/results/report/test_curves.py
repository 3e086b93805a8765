"""Curves against scikit-learn, bins against Wilson's formula."""

import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import precision_recall_curve, roc_curve

from lucency.results.report.curves import GRID, draw_curves, reliability_bins, threshold_curves


def test_every_threshold_is_that_of_scikit_learn(images):
    known = ~np.isnan(images.targets[:, 0])
    scores, labels = images.raw[known, 0], images.targets[known, 0]
    roc, precision_recall = threshold_curves(scores, labels)
    wrong, found, _ = roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose(roc, np.column_stack([wrong, found]))
    precision, recall, _ = precision_recall_curve(labels, scores)
    np.testing.assert_allclose(precision_recall[::-1], np.column_stack([recall, precision])[:-1])


def test_drawn_points_are_points_of_the_curve_and_miss_no_cell_of_the_grid(images):
    for column, curve in enumerate(draw_curves(images)[:2]):
        known = ~np.isnan(images.targets[:, column])
        whole, _ = threshold_curves(images.raw[known, column], images.targets[known, column])
        distances = np.abs(whole[:, None] - np.array(curve.roc)[None]).max(axis=2)
        assert (distances.min(axis=0) < 1e-5).all()
        assert (distances.min(axis=1) <= 1 / GRID + 1e-5).all()
        assert (curve.roc[0], curve.roc[-1]) == ((0, 0), (1, 1))


def test_a_finding_without_a_class_has_bins_and_no_curve(images):
    hernia = draw_curves(images)[2]
    assert (hernia.finding, hernia.roc, hernia.precision_recall) == ("hernia", (), ())
    assert sum(one.images for one in hernia.reliability) == (images.targets[:, 2] == 0).sum()
    assert [one.positives.value for one in hernia.reliability] == [0.0]


@pytest.mark.parametrize("column", [0, 1])
def test_bins_hold_every_image_once_in_order(images, column):
    known = ~np.isnan(images.targets[:, column])
    p, y = images.raw[known, column], images.targets[known, column]
    bins = reliability_bins(p, y)
    order = np.argsort(p, kind="stable")
    z = norm.ppf(0.975)
    start = 0
    assert 1 < len(bins) <= 10
    for one in bins:
        inside = order[start : start + one.images]
        n, share = len(inside), y[inside].mean()
        centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        assert one.probability == pytest.approx(p[inside].mean())
        assert one.positives.value == pytest.approx(share)
        assert (one.positives.low, one.positives.high) == pytest.approx((centre - reach, centre + reach))
        start += one.images
        assert start == len(p) or p[order[start]] > p[inside].max()
    assert start == len(p)


def test_no_label_gives_no_bin():
    assert reliability_bins(np.array([]), np.array([])) == ()
