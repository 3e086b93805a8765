"""F1 and its thresholds against scikit-learn and against trying every threshold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from lucency.comparison.f1 import best_f1_thresholds, f1_scores


def cells(seed, images=40, findings=5, unknown=0.2):
    """Probabilities with ties, labels with unknown ones; the last finding has no positive."""
    rng = np.random.default_rng(seed)
    p = rng.integers(0, 11, size=(images, findings)) / 10
    y = (rng.random((images, findings)) < 0.2 + 0.5 * p).astype(np.float32)
    y[:, -1] = 0
    y[rng.random(y.shape) < unknown] = np.nan
    return p, y


@pytest.mark.parametrize("thresholds", [0.5, np.array([0.1, 0.3, 0.5, 0.7, 0.9])])
def test_equals_scikit_learn_on_the_known_labels(thresholds):
    p, y = cells(0)
    scores, called = f1_scores(p, y, thresholds), p >= thresholds
    known = ~np.isnan(y)
    for column in range(4):
        rows = known[:, column]
        assert scores.values[column] == pytest.approx(f1_score(y[rows, column], called[rows, column]))
    assert np.isnan(scores.values[4])
    assert scores.macro == pytest.approx(scores.values[:4].mean())
    assert scores.micro == pytest.approx(f1_score(y[known], called[known]))


def test_false_alarms_of_a_finding_that_is_never_there_lower_the_micro_average():
    p, y = cells(1, unknown=0)
    silent = p.copy()
    silent[:, 4] = 0
    assert f1_scores(p, y, 0.5).micro < f1_scores(silent, y, 0.5).micro
    assert f1_scores(p, y, 0.5).macro == f1_scores(silent, y, 0.5).macro


def test_nothing_present_is_not_a_zero():
    scores = f1_scores(np.full((3, 2), 0.7), np.zeros((3, 2), np.float32), 0.5)
    assert np.isnan(scores.macro)
    assert np.isnan(scores.micro)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_no_other_threshold_is_better(seed):
    p, y = cells(seed)
    chosen = best_f1_thresholds(p, y)
    best = f1_scores(p, y, chosen).values
    for column in range(4):
        if np.nansum(y[:, column]) == 0:
            continue
        tried = [f1_scores(p, y, threshold).values[column] for threshold in np.linspace(0, 1, 41)]
        assert best[column] == pytest.approx(max(tried))
    assert chosen[4] == 0.5


def test_unknown_labels_do_not_move_a_threshold():
    p, y = cells(2, unknown=0)
    more = np.concatenate([p, np.linspace(0, 1, 15)[:, None].repeat(5, axis=1)])
    labels = np.concatenate([y, np.full((15, 5), np.nan, np.float32)])
    np.testing.assert_array_equal(best_f1_thresholds(more, labels), best_f1_thresholds(p, y))
