"""The corrected resampled t interval, against scipy and by how often it holds the truth."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from lucency.comparison import corrected_interval
from lucency.errors import ConfigError


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_without_the_correction_it_is_the_interval_of_scipy(level):
    differences = np.random.default_rng(0).normal(0.02, 0.05, size=15)
    expected = ttest_1samp(differences, 0).confidence_interval(level)
    mean, low, high = corrected_interval(differences, 0, level=level)
    assert mean == pytest.approx(differences.mean())
    assert (low, high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("folds", "ratio"), [(5, 0.25), (15, 0.3), (3, 1.0)])
def test_the_correction_adds_the_ratio_to_the_reciprocal_of_the_number_of_folds(folds, ratio):
    differences = np.random.default_rng(1).normal(size=folds)
    plain, corrected = corrected_interval(differences, 0), corrected_interval(differences, ratio)
    widths = [interval.high - interval.low for interval in (plain, corrected)]
    assert (widths[1] / widths[0]) ** 2 == pytest.approx((1 / folds + ratio) / (1 / folds))


def test_it_holds_the_truth_as_often_as_it_says_where_folds_are_as_alike_as_it_takes_them_to_be():
    rng, folds, test, train = np.random.default_rng(2), 15, 0.2, 0.68
    share = test / (test + train)  # correlation of two differences
    held = np.zeros(2)
    for _ in range(3000):
        common = rng.normal() * np.sqrt(share)
        differences = common + rng.normal(size=folds) * np.sqrt(1 - share)
        for place, ratio in enumerate((0, test / train)):
            interval = corrected_interval(differences, ratio)
            held[place] += interval.low <= 0 <= interval.high
    plain, corrected = held / 3000
    assert plain < 0.75
    assert 0.935 < corrected < 0.965  # three standard errors


@pytest.mark.parametrize(
    ("differences", "ratio"), [([0.1], 0.25), ([0.1, np.nan], 0.25), ([[0.1, 0.2]], 0.25), ([0.1, 0.2], -1)]
)
def test_what_makes_no_interval_is_one_line(differences, ratio):
    with pytest.raises(ConfigError, match=r"^an interval over folds[^\n]*$"):
        corrected_interval(differences, ratio)
