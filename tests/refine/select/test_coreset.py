"""Covers against a search through all distances, and the bound the paper proves."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.errors import ConfigError, LucencyError
from lucency.refine.select import coreset
from references import selection as reference

UNHURRIED = settings(max_examples=50, deadline=None)


def quietly(features, **keywords):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a budget above the pool has its own test
        return coreset(features, **keywords)


@UNHURRIED
@given(st.integers(0, 999), st.integers(2, 12), st.integers(1, 12))
def test_the_farthest_image_is_chosen_again_and_again(seed, images, budget):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(images, 3))
    read = np.zeros(images, dtype=bool)
    read[rng.integers(images)] = True
    chosen = quietly(features, budget=budget, read=read)
    assert chosen.tolist() == reference.farthest_first(features, np.flatnonzero(read).tolist(), budget)


@UNHURRIED
@given(st.integers(0, 999), st.integers(1, 4))
def test_no_choice_covers_twice_as_well(seed, budget):
    features = np.random.default_rng(seed).normal(size=(9, 2))
    least = min(reference.cover_radius(features, one) for one in itertools.combinations(range(9), budget))
    assert reference.cover_radius(features, coreset(features, budget=budget)) <= 2 * least + 1e-5


def test_the_first_of_none_read_is_nearest_to_the_mean():
    features = np.random.default_rng(0).normal(size=(50, 4))
    nearest = np.argmin(np.linalg.norm(features - features.mean(axis=0), axis=1))
    assert coreset(features, budget=1).tolist() == [nearest]


@UNHURRIED
@given(st.integers(0, 999), st.integers(1, 20))
def test_only_eligible_images_none_twice_even_among_duplicates(seed, budget):
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 2, size=(12, 2))
    read, eligible = rng.random(12) < 0.2, rng.random(12) < 0.6
    chosen = quietly(features, budget=budget, read=read, eligible=eligible)
    assert len(set(chosen.tolist())) == len(chosen) == min(budget, (eligible & ~read).sum())
    assert (eligible & ~read)[chosen].all()


def test_a_budget_above_the_pool_takes_all_and_says_so():
    with pytest.warns(UserWarning, match="budget of 5 images, but only 2 may be asked"):
        assert sorted(coreset([[0.0], [1.0], [2.0]], budget=5, read=[False, True, False])) == [0, 2]


def test_far_from_the_origin_distances_still_count():
    features = np.array([[0.0], [0.5], [3.0]]) + 1000.0
    assert coreset(features, budget=2, read=[True, False, False]).tolist() == [2, 1]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"budget": 0}, ConfigError, "budget cannot be 0"),
        ({"features": [[np.nan]]}, LucencyError, "features of row 0 are not finite"),
        ({"features": [1.0]}, LucencyError, r"features are \(1,\)"),
        ({"read": [True, False]}, LucencyError, "read is bool .* for 1 images"),
        ({"eligible": [1]}, LucencyError, "eligible is int64"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        coreset(**{"features": [[1.0]], "budget": 1, **arguments})
