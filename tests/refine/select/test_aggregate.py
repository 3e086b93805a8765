"""Scores of images against sums written out, and cleanlab's own aggregation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lucency.errors import ConfigError
from lucency.refine.select import exponential_moving_average, image_scores, top_k_mean
from references import selection as reference

UNHURRIED = settings(max_examples=50, deadline=None)
NAN = np.nan
SCORES = hnp.arrays(
    float, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=st.one_of(st.just(NAN), st.floats(-5, 5))
)


@UNHURRIED
@given(SCORES, st.floats(0, 1))
def test_moving_average_is_the_weighted_sum_of_what_is_eligible(scores, alpha):
    expected = [reference.moving_average(row, alpha) for row in scores]
    np.testing.assert_allclose(exponential_moving_average(scores, alpha), expected, atol=1e-12)


@UNHURRIED
@given(SCORES, st.integers(1, 7))
def test_mean_of_the_highest(scores, top_k):
    expected = [reference.mean_of_highest(row, top_k) for row in scores]
    np.testing.assert_allclose(top_k_mean(scores, top_k), expected, atol=1e-12)


def test_equal_to_cleanlabs_where_all_labels_are_known():
    scorer = pytest.importorskip("cleanlab.internal.multilabel_scorer")
    doubt = np.random.default_rng(0).random((50, 14))
    np.testing.assert_allclose(
        exponential_moving_average(doubt), 1 - scorer.exponential_moving_average(1 - doubt, alpha=0.8), atol=1e-12
    )


def test_an_unknown_label_neither_helps_nor_harms_an_image():
    known, more = np.array([[0.9, 0.2]]), np.array([[0.9, NAN, 0.2, NAN]])
    for aggregate in ("ema", "top_k"):
        assert image_scores(known, aggregate, top_k=2) == image_scores(more, aggregate, top_k=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"aggregate": "mean"}, "choose 'ema' or 'top_k'"),
        ({"alpha": 1.5}, "alpha cannot be 1.5"),
        ({"aggregate": "top_k", "top_k": 0}, "top_k cannot be 0"),
    ],
)
def test_arguments_out_of_bounds_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        image_scores(np.ones((1, 2)), **arguments)
