"""Thresholds against an exhaustive search, and that no rounding changes a decision."""

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve, roc_curve

from lucency.inference.operating_points import Rule
from lucency.inference.operating_points.cuts import TOLERANCE, UnattainableError, choose_threshold, list_cuts
from references.operating_points import best_division, called

NAN = np.nan
LABELS = st.sampled_from([0.0, 1.0, NAN])
PROBABILITIES = st.one_of(st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0]), st.floats(1e-7, 1))
IMAGES = st.lists(st.tuples(PROBABILITIES, LABELS), min_size=1, max_size=14)
KINDS = st.sampled_from(["youden", "sensitivity", "specificity", "ppv", "alert_rate"])
TARGETS = st.sampled_from([0.05, 0.25, 1 / 3, 0.5, 0.6, 2 / 3, 0.9, 1.0])


def columns(images):
    """Probabilities that differ at all differ by more than the tolerance: what is nearer is one by design."""
    p, y = np.array(images).T
    p = np.round(p, 9)
    return p, y


@given(IMAGES, KINDS, TARGETS)
def test_the_choice_is_that_of_an_exhaustive_search(images, kind, target):
    p, y = columns(images)
    rule = Rule(kind, None if kind == "youden" else target)
    if rule.needs_labels and not {0.0, 1.0} <= set(y):
        with pytest.raises(UnattainableError, match="positives and negatives"):
            choose_threshold(list_cuts(p, y), rule)
        return
    expected = best_division(p, y, kind, target)
    if expected is None:
        with pytest.raises(UnattainableError):
            choose_threshold(list_cuts(p, y), rule)
    else:
        assert called(p, choose_threshold(list_cuts(p, y), rule)) == expected


@given(IMAGES)
def test_every_cut_divides_as_it_counts_even_after_a_round_trip_and_a_rounding_of_the_scores(images):
    p, y = columns(images)
    cuts = list_cuts(p, y)
    assert len(cuts.at) == len(set(p))
    for cut in range(len(cuts.at)):
        threshold = cuts.threshold(cut)
        stored = yaml.safe_load(yaml.safe_dump({"threshold": threshold}))["threshold"]
        assert stored == threshold
        assert 0 <= threshold <= 1
        for nudged in (p, p * (1 + TOLERANCE / 2), p * (1 - TOLERANCE / 2)):
            decided = nudged >= stored
            assert decided.sum() == cuts.alerts[cut]
            assert (y[decided] == 1).sum() == cuts.true_positives[cut]
            assert (y[decided] == 0).sum() == cuts.false_positives[cut]


def test_scores_that_differ_by_a_rounding_error_stay_together():
    p = np.array([0.3, 0.3 * (1 + 1e-15), 0.7])
    cuts = list_cuts(p, np.array([0.0, 1, 1]))
    assert cuts.alerts.tolist() == [1, 3]


def test_a_threshold_is_the_shortest_decimal_well_inside_the_gap():
    cuts = list_cuts(np.array([0.123456, 0.198765, 0.2]), np.array([0.0, 1, 1]))
    assert [cuts.threshold(cut) for cut in range(3)] == [0.1994, 0.16, 0.06]


def test_youden_and_ppv_equal_scikit_learns_curves():
    rng = np.random.default_rng(0)
    y = (rng.random(500) < 0.2).astype(float)
    p = np.round(1 / (1 + np.exp(-rng.normal(2 * y - 1, 1))), 3)
    cuts = list_cuts(p, y)
    fpr, tpr, _ = roc_curve(y, p)
    decided = p >= choose_threshold(cuts, Rule("youden"))
    assert decided[y == 1].mean() - decided[y == 0].mean() == pytest.approx((tpr - fpr).max(), abs=1e-12)
    precision, recall, _ = precision_recall_curve(y, p)
    decided = p >= choose_threshold(cuts, Rule("ppv", 0.6))
    assert decided[y == 1].mean() == pytest.approx(recall[precision >= 0.6].max(), abs=1e-12)
    assert y[decided].mean() >= 0.6


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Rule("ppv", 0.9), "has at most 0.6667"),
        (Rule("specificity", 0.9), "has at most 0.7500"),
        (Rule("alert_rate", 0.1), "the highest score alone makes 0.1667 of the images alerts"),
    ],
)
def test_an_unattainable_target_names_the_nearest_miss(rule, message):
    p, y = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1]), np.array([0.0, 1, 1, 0, 0, 0])
    with pytest.raises(UnattainableError, match=message):
        choose_threshold(list_cuts(p, y), rule)


def test_scores_that_tell_nothing_have_no_youden_point():
    p, y = np.array([0.2, 0.4, 0.6, 0.8]), np.array([1.0, 1, 0, 0])
    with pytest.raises(UnattainableError, match="do not tell present from absent"):
        choose_threshold(list_cuts(p, y), Rule("youden"))


def test_targets_written_as_decimals_are_met_exactly():
    """7 of 100 is 0.07, though 0.07 * 100 is more than 7."""
    p, y = np.linspace(0.9, 0.1, 200), np.tile([1.0, 0.0], 100)
    for hundredths in range(1, 101):
        decided = p >= choose_threshold(list_cuts(p, y), Rule("sensitivity", hundredths / 100))
        assert decided[y == 1].sum() == hundredths
