"""What a budget buys: the best that may be asked, findings in turn, nothing twice, never an unknown."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lucency.errors import ConfigError, LucencyError
from lucency.refine.select import choose, image_scores
from references import selection as reference

UNHURRIED = settings(max_examples=50, deadline=None)
NAN = np.nan
UNITS = st.sampled_from(["image", "entry"])


@st.composite
def cases(draw, distinct=False):
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 4)))
    known = draw(hnp.arrays(bool, shape))
    if distinct:
        scores = draw(st.permutations(range(known.size))).copy()
        scores = np.array(scores, dtype=float).reshape(shape)
    else:
        scores = draw(hnp.arrays(float, shape, elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0])))
    already = draw(hnp.arrays(bool, shape, elements=st.booleans()))
    return np.where(known, scores, NAN), already


@st.composite
def quotas(draw, findings):
    shares = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=findings, max_size=findings))
    return draw(st.sampled_from([None, "equal", shares if any(shares) else [1.0] * findings]))


def quietly(*arguments, **keywords):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a budget above the pool has its own test
        return choose(*arguments, **keywords)


@UNHURRIED
@given(cases(), UNITS, st.integers(1, 40), st.data())
def test_as_many_as_the_budget_or_the_pool_none_twice_and_all_of_them_eligible(case, unit, budget, data):
    scores, already = case
    quota = data.draw(quotas(scores.shape[1]))
    seed = data.draw(st.sampled_from([None, 0, 7]))
    free = ~np.isnan(scores) & ~already
    chosen = quietly(scores, unit=unit, budget=budget, quota=quota, already=already, seed=seed)
    if isinstance(quota, list):
        free &= np.array(quota) > 0
    pool = free.any(axis=1) if unit == "image" else free
    assert len(chosen) == min(budget, pool.sum())
    assert len({tuple(np.atleast_1d(one)) for one in chosen}) == len(chosen)
    assert pool[chosen if unit == "image" else tuple(chosen.T)].all()


@UNHURRIED
@given(cases(), st.integers(1, 40), st.data())
def test_entries_are_those_of_a_search_through_all(case, budget, data):
    scores, already = case
    free = np.where(already, NAN, scores)
    best = quietly(scores, unit="entry", budget=budget, already=already)
    assert [tuple(entry) for entry in best] == reference.best_entries(free, budget)
    shares = data.draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=free.shape[1], max_size=free.shape[1]))
    if any(shares):
        in_turn = quietly(scores, unit="entry", budget=budget, already=already, quota=shares)
        assert [tuple(entry) for entry in in_turn] == reference.turns(free, shares, budget, once=False)
        images = quietly(scores, unit="image", budget=budget, already=already, quota=shares)
        assert images.tolist() == [row for row, _ in reference.turns(free, shares, budget, once=True)]


@UNHURRIED
@given(cases(), st.integers(1, 12), st.sampled_from(["ema", "top_k"]))
def test_images_are_those_of_highest_score(case, budget, aggregate):
    scores, already = case
    of_images = image_scores(np.where(already, NAN, scores), aggregate)
    chosen = quietly(scores, budget=budget, already=already, aggregate=aggregate)
    rest = np.setdiff1d(np.flatnonzero(~np.isnan(of_images)), chosen)
    assert (np.diff(of_images[chosen]) <= 0).all()
    if len(rest) and len(chosen):
        assert of_images[rest].max() <= of_images[chosen].min()


@UNHURRIED
@given(cases(), st.integers(1, 40))
def test_a_finding_has_more_than_its_quota_only_when_those_with_less_have_no_more_to_ask(case, budget):
    scores, already = case
    free = ~np.isnan(scores) & ~already
    findings = scores.shape[1]
    chosen = quietly(scores, unit="entry", budget=budget, quota="equal", already=already)
    spent = np.bincount(chosen[:, 1], minlength=findings)
    short = spent < budget // findings
    assert (spent[short] == free.sum(axis=0)[short]).all()
    exhausted = spent == free.sum(axis=0)
    if (~exhausted).any():
        assert spent.max() - spent[~exhausted].min() <= 1


@UNHURRIED
@given(cases(distinct=True), UNITS, st.integers(1, 40), st.sampled_from([None, "equal"]), st.integers(0, 99))
def test_rows_and_findings_may_come_in_any_order(case, unit, budget, quota, seed):
    scores, already = case
    rng = np.random.default_rng(seed)
    rows, findings = rng.permutation(scores.shape[0]), rng.permutation(scores.shape[1])
    chosen = quietly(scores, unit=unit, budget=budget, quota=quota, already=already)
    moved = quietly(
        scores[rows][:, findings], unit=unit, budget=budget, quota=quota, already=already[rows][:, findings]
    )
    if unit == "image":
        of_images = image_scores(np.where(already, NAN, scores))
        if quota is None and len(np.unique(of_images[~np.isnan(of_images)])) < (~np.isnan(of_images)).sum():
            return  # different entries can give equal images
        assert rows[moved].tolist() == chosen.tolist()
    else:
        assert np.stack([rows[moved[:, 0]], findings[moved[:, 1]]], axis=1).tolist() == chosen.tolist()


@pytest.mark.parametrize("unit", ["image", "entry"])
def test_equal_scores_stay_in_order_or_are_shuffled_by_the_seed_alone(unit):
    scores = np.ones((40, 3))
    plain = choose(scores, unit=unit, budget=10)
    first, again, other = (choose(scores, unit=unit, budget=10, seed=seed) for seed in (1, 1, 2))
    expected = np.arange(10) if unit == "image" else np.stack(np.divmod(np.arange(10), 3), axis=1)
    np.testing.assert_array_equal(plain, expected)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first != plain).any()


def test_rounds_one_after_another_read_everything_once():
    rng = np.random.default_rng(0)
    scores = np.where(rng.random((30, 4)) < 0.3, NAN, rng.random((30, 4)))
    already = np.zeros(scores.shape, dtype=bool)
    for _ in range(200):
        if not (~np.isnan(scores) & ~already).any():
            break
        chosen = quietly(scores, unit="entry", budget=7, already=already, quota="equal")
        assert not already[tuple(chosen.T)].any()
        already[tuple(chosen.T)] = True
    np.testing.assert_array_equal(already, ~np.isnan(scores))


def test_a_frequent_finding_does_not_eat_the_budget():
    scores = np.stack([np.linspace(2, 3, 100), np.linspace(0, 1, 100)], axis=1)  # the first always outscores the second
    assert (choose(scores, unit="entry", budget=20)[:, 1] == 0).all()
    assert np.bincount(choose(scores, unit="entry", budget=20, quota="equal")[:, 1]).tolist() == [10, 10]
    assert np.bincount(choose(scores, unit="entry", budget=20, quota=[1, 3])[:, 1]).tolist() == [5, 15]


@pytest.mark.parametrize(("unit", "pool"), [("image", 2), ("entry", 3)])
def test_a_budget_above_the_pool_takes_all_and_says_so(unit, pool):
    scores = [[0.1, 0.2], [NAN, NAN], [0.3, NAN]]
    with pytest.warns(UserWarning, match=f"budget of 9 .* only {pool} may be asked"):
        assert len(choose(scores, unit=unit, budget=9)) == pool


def test_a_finding_without_a_share_is_no_part_of_the_pool():
    with pytest.warns(UserWarning, match="only 1 may be asked"):
        assert choose([[0.1, 0.2], [0.3, NAN]], budget=2, quota=[0, 1]).tolist() == [0]


@pytest.mark.parametrize("unit", ["image", "entry"])
@pytest.mark.parametrize("quota", [None, "equal"])
def test_nothing_to_ask_is_an_empty_answer(unit, quota):
    with pytest.warns(UserWarning, match="only 0 may be asked"):
        chosen = choose([[NAN, NAN]], unit=unit, budget=1, quota=quota)
    assert chosen.shape == ((0,) if unit == "image" else (0, 2))
    assert chosen.dtype == np.int64


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"budget": 0}, ConfigError, "budget cannot be 0"),
        ({"budget": 1.5}, ConfigError, "budget cannot be 1.5"),
        ({"budget": NAN}, ConfigError, "budget cannot be nan"),
        ({"budget": True}, ConfigError, "budget cannot be True"),
        ({"unit": "study"}, ConfigError, "choose 'image' or 'entry'"),
        ({"quota": "same"}, ConfigError, "choose 'equal'"),
        ({"quota": [1.0]}, ConfigError, "give 2 shares"),
        ({"quota": [1.0, -1.0]}, ConfigError, "give 2 shares"),
        ({"quota": [0.0, 0.0]}, ConfigError, "not all 0"),
        ({"already": [[True]]}, LucencyError, "give one bool an entry"),
        ({"already": [[1, 0]]}, LucencyError, "already is int64"),
        ({"scores": [[np.inf, 0.0]]}, LucencyError, "finding 0 in row 0 is infinite"),
        ({"scores": [0.1]}, LucencyError, r"scores are \(1,\)"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        choose(**{"scores": [[0.1, 0.2]], "budget": 1, **arguments})
