"""Shares of large simulated tables are those asked for, within what chance allows with one seed."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, chisquare

from lucency.labels import simulate

COUNT = 4000
FINDINGS = ["edema", "effusion", "mass", "nodule"]
NEVER = 1e-4  # a correct program fails about once in ten thousand seeds; the seeds are fixed


@pytest.fixture(scope="module")
def truth():
    prevalence = {"edema": 0.5, "effusion": 0.3, "mass": 0.2, "nodule": 0.1}
    present = np.random.default_rng(3).random((COUNT, 4)) < list(prevalence.values())
    index = [f"{number}.png" for number in range(COUNT)]
    return pd.DataFrame(np.where(present, "positive", "negative"), index=index, columns=FINDINGS, dtype=object)


@pytest.fixture(scope="module")
def all_positive():
    return pd.DataFrame("positive", index=range(COUNT), columns=FINDINGS, dtype=object)


def share_is(part, whole, rate):
    return binomtest(int(part), int(whole), rate).pvalue > NEVER


def became(truth, result, old, new):
    """Count of a change, and of the labels that could undergo it, by finding."""
    return (truth.eq(old) & result.eq(new)).sum(), truth.eq(old).sum()


def test_the_positive_is_chosen_uniformly(all_positive):
    chosen = simulate.single_positive(all_positive, seed=5).eq("positive").sum()
    assert chisquare(chosen).pvalue > NEVER


def test_the_positive_is_chosen_uniformly_among_those_of_the_image(truth):
    chosen = simulate.single_positive(truth, seed=5).eq("positive")
    for pattern, rows in truth.eq("positive").groupby(FINDINGS):
        present = np.array(pattern)
        if present.sum() > 1 and len(rows) >= 50:
            assert chisquare(chosen.loc[rows.index].sum()[present]).pvalue > NEVER


def test_pairs_of_positives_are_chosen_uniformly(all_positive):
    chosen = simulate.m_positive(all_positive, m=2, seed=5).eq("positive")
    assert chisquare(chosen.groupby(FINDINGS).size()).pvalue > NEVER
    assert len(chosen.groupby(FINDINGS)) == 6


def test_weights_are_the_odds_of_the_first_choice_and_a_weight_of_zero_is_never_chosen(all_positive):
    weights = pd.Series({"edema": 6.0, "effusion": 3.0, "mass": 0.0})
    chosen = simulate.single_positive(all_positive, weights=weights, seed=5).eq("positive").sum()
    assert chosen["mass"] == 0
    assert chisquare(chosen[["edema", "effusion", "nodule"]], np.array([0.6, 0.3, 0.1]) * COUNT).pvalue > NEVER


def test_the_uniform_test_notices_a_biased_choice(all_positive):
    chosen = simulate.single_positive(all_positive, weights={"edema": 1.5}, seed=5).eq("positive").sum()
    assert chisquare(chosen).pvalue < NEVER


def test_mention_uncertain_and_flip_rates(truth):
    rates = {"edema": 0.2, "effusion": 0.7}
    for result, old, new, expected in (
        (simulate.mention_rate(truth, positive=rates, seed=1), "positive", "unmentioned", (0.8, 0.3, 0, 0)),
        (simulate.mention_rate(truth, negative=rates, seed=1), "negative", "unmentioned", (0.8, 0.3, 0, 0)),
        (simulate.uncertain(truth, positive=rates, negative=0.5, seed=1), "positive", "uncertain", (0.2, 0.7, 0, 0)),
        (simulate.uncertain(truth, positive=rates, negative=0.5, seed=1), "negative", "uncertain", (0.5,) * 4),
        (simulate.symmetric(truth, rate=0.15, seed=1), "positive", "negative", (0.15,) * 4),
        (simulate.symmetric(truth, rate=0.15, seed=1), "negative", "positive", (0.15,) * 4),
        (simulate.asymmetric(truth, fn_rate=rates, fp_rate=0.02), "positive", "negative", (0.2, 0.7, 0, 0)),
        (simulate.asymmetric(truth, fn_rate=rates, fp_rate=0.02), "negative", "positive", (0.02,) * 4),
    ):
        counts, wholes = became(truth, result, old, new)
        for count, whole, rate in zip(counts, wholes, expected, strict=True):
            assert share_is(count, whole, rate)


def test_confusion_renames_at_its_rate(truth):
    result = simulate.confusion(truth, swaps={"edema": "mass"}, rate=0.25, seed=1)
    count, whole = became(truth, result, "positive", "negative")
    assert share_is(count["edema"], whole["edema"], 0.25)
    renamed = truth["edema"].eq("positive") & result["edema"].eq("negative")
    assert result.loc[renamed, "mass"].eq("positive").all()
    assert result.loc[~renamed].equals(truth.loc[~renamed])


def test_instance_dependent_flips_have_the_mean_rate_and_follow_the_scores(truth):
    scores = pd.DataFrame({"edema": np.where(np.arange(COUNT) % 2, 3.0, 1.0)}, index=truth.index)
    result = simulate.instance_dependent(truth, scores=scores, fn_rate={"edema": 0.4}, fp_rate={"edema": 0.1}, seed=1)
    assert result.drop(columns="edema").equals(truth.drop(columns="edema"))
    for old, new, rate in (("positive", "negative", 0.4), ("negative", "positive", 0.1)):
        count, whole = became(truth, result, old, new)
        assert share_is(count["edema"], whole["edema"], rate)
        of_state = truth["edema"].eq(old)
        factor = rate * of_state.sum() / scores.loc[of_state, "edema"].sum()
        for score in (1.0, 3.0):
            rows = of_state & scores["edema"].eq(score)
            assert share_is(result.loc[rows, "edema"].eq(new).sum(), rows.sum(), factor * score)


def test_equal_scores_are_flips_of_one_rate(truth):
    scores = pd.DataFrame(0.3, index=truth.index, columns=FINDINGS)
    result = simulate.instance_dependent(truth, scores=scores, fn_rate=0.2, seed=1)
    counts, wholes = became(truth, result, "positive", "negative")
    assert all(share_is(count, whole, 0.2) for count, whole in zip(counts, wholes, strict=True))


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.3])
@pytest.mark.parametrize("mode", ["balanced", "fn_only", "fp_only"])
def test_count_matched_flips_are_exact(truth, fraction, mode):
    result = simulate.count_matched(truth, fraction=fraction, mode=mode, seed=1)
    missed, positives = became(truth, result, "positive", "negative")
    invented, _ = became(truth, result, "negative", "positive")
    expected = [round(fraction * count) for count in positives]
    assert (missed + invented).tolist() == expected
    assert {
        "balanced": ((missed - invented).isin([0, 1])).all(),
        "fn_only": (invented == 0).all(),
        "fp_only": (missed == 0).all(),
    }[mode]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("single_positive", {}),
        ("mention_rate", {"positive": 0.5}),
        ("uncertain", {"positive": 0.5}),
        ("symmetric", {"rate": 0.5}),
        ("asymmetric", {"fn_rate": 0.5}),
        ("count_matched", {"fraction": 0.5}),
        ("confusion", {"swaps": {"edema": "mass"}, "rate": 0.5}),
    ],
)
def test_another_seed_draws_anew(truth, kind, arguments):
    """Cells change under both seeds about as often as independent draws would have it."""
    first, again, other = (simulate.KINDS[kind](truth, seed=seed, **arguments).ne(truth) for seed in (0, 0, 1))
    assert first.equals(again)
    candidates = truth["edema"].eq("positive")
    if kind == "single_positive":
        candidates &= truth.eq("positive").sum(axis=1) == 2  # one of two: changed or not at even odds
    both = first.loc[candidates, "edema"] & other.loc[candidates, "edema"]
    once = first.loc[candidates, "edema"].mean()
    assert share_is(both.sum(), candidates.sum(), once * other.loc[candidates, "edema"].mean())


def test_kinds_and_findings_draw_independently(all_positive):
    flipped = simulate.symmetric(all_positive, rate=0.5, seed=2).eq("negative")
    missed = simulate.asymmetric(all_positive, fn_rate=0.5, seed=2).eq("negative")
    assert share_is((flipped & missed).sum().sum(), 4 * COUNT, 0.25)
    assert share_is((flipped["edema"] & flipped["mass"]).sum(), COUNT, 0.25)
