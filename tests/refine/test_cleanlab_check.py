"""Cleanlab as a cross-check: never given an unknown label, judged finding by finding, absent without harm."""

import sys

import numpy as np
import pytest

from lucency.errors import LucencyError
from lucency.refine.cleanlab_check import cleanlab_issues, cleanlab_scores
from lucency.refine.select import cross_entropy, entry_scores

NAN = np.nan


def planted(seed=0, images=1500):
    """Three findings of different prevalence with a fifth of the positives missed; a third of labels unknown."""
    rng = np.random.default_rng(seed)
    prior = np.log([0.4 / 0.6, 0.2 / 0.8, 0.08 / 0.92])
    truth = rng.random((images, 3)) < 1 / (1 + np.exp(-prior))
    p = 1 / (1 + np.exp(-(prior + 2.5 * rng.normal(2.5 * truth) - 2.5**2 / 2)))
    wrong = truth & (rng.random(truth.shape) < 0.2)
    targets = np.where(rng.random(truth.shape) < 0.33, NAN, (truth & ~wrong).astype(float))
    return p, targets, wrong & ~np.isnan(targets)


def test_equal_to_cleanlab_on_what_is_known_of_each_finding():
    filters = pytest.importorskip("cleanlab.filter")
    p, targets, _ = planted()
    issues = cleanlab_issues(p, targets)
    for c in range(3):
        known = ~np.isnan(targets[:, c])
        both = np.c_[1 - p[known, c], p[known, c]]
        expected = filters.find_label_issues(targets[known, c].astype(int), both)
        np.testing.assert_array_equal(issues[known, c], expected)
        assert not issues[~known, c].any()


def test_planted_errors_come_first_and_within_issues_the_order_is_that_of_the_cross_entropy():
    pytest.importorskip("cleanlab")
    p, targets, wrong = planted()
    scores, issues = cleanlab_scores(p, targets), cleanlab_issues(p, targets)
    np.testing.assert_array_equal(np.isnan(scores), np.isnan(targets))
    assert scores[issues].min() > scores[~issues & ~np.isnan(targets)].max()
    np.testing.assert_array_equal(
        np.argsort(scores[issues], kind="stable"), np.argsort(cross_entropy(p, targets)[issues], kind="stable")
    )
    known = ~np.isnan(targets)
    assert wrong[issues].mean() > 5 * wrong[known].mean()
    np.testing.assert_array_equal(entry_scores("cleanlab", p, targets), scores)


def test_cleanlab_is_never_given_an_unknown_label(monkeypatch):
    filters = pytest.importorskip("cleanlab.filter")
    given = []

    def watched(labels, pred_probs, **_):
        given.append((labels, pred_probs))
        return np.zeros(len(labels), dtype=bool)

    monkeypatch.setattr(filters, "find_label_issues", watched)
    p, targets, _ = planted(images=60)
    cleanlab_issues(p, targets)
    assert [len(labels) for labels, _ in given] == (~np.isnan(targets)).sum(axis=0).tolist()
    for labels, both in given:
        assert set(labels.tolist()) <= {0, 1}
        np.testing.assert_allclose(both.sum(axis=1), 1)


def test_a_finding_with_one_label_is_left_alone_with_a_warning():
    pytest.importorskip("cleanlab")
    p, targets, _ = planted(images=200)
    targets[targets[:, 2] == 1, 2] = NAN
    with pytest.warns(UserWarning, match="finding 2 lacks a label of either kind"):
        issues = cleanlab_issues(p, targets)
    assert not issues[:, 2].any()
    assert issues[:, 0].any()


def test_without_cleanlab_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    with pytest.raises(LucencyError, match=r"cleanlab is not installed; pip install 'lucency\[refine\]'"):
        entry_scores("cleanlab", [[0.5]], [[1]])
