"""Rates: believed or estimated, capped, and never far from sense where a finding is rare."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.errors import ConfigError, LabelError, LucencyError
from lucency.refine.keep import keep_masks
from lucency.refine.rates import METHODS, noise_rates
from references import selection as reference

NAN = np.nan


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("method", "times"), [("gmm", 3), ("confident_joint", 10)])
def test_estimates_of_rare_findings_are_far_too_high_and_the_cap_bounds_them(method, times, seed):
    p, labels, losses, (negative, _) = reference.noisy_finding(seed, 0.04)
    rates = noise_rates(method, labels, losses=losses, probabilities=p)
    estimate, capped = rates.estimates[0, 0], rates.values[0, 0]
    print(f"\n{method}, seed {seed}: {estimate:.3f}, capped {capped:.3f}, true {negative:.3f}")
    assert estimate > times * negative  # the trap
    assert capped == pytest.approx(labels.mean() / 2)
    assert capped < 2.5 * negative
    assert "by most_negative" in rates.notices[0][0]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", ["gmm", "confident_joint"])
def test_a_weak_model_also_doubts_positives_that_are_right(method, seed):
    p, labels, losses, (_, positive) = reference.noisy_finding(seed, 0.04, false=0.003)
    estimate = noise_rates(method, labels, losses=losses, probabilities=p).estimates[1, 0]
    print(f"\n{method}, seed {seed}: {estimate:.3f}, true {positive:.3f}")
    assert estimate > 4 * positive


def test_default_rates_are_below_those_of_a_second_reading(real_data):
    file = real_data / "nih_scores_densenet121" / "nlp_vs_expert_noise_rates_810.csv"
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    counts = pd.read_csv(file).query("nlp_pos >= 20")
    positive = 1 - counts["both"] / counts["nlp_pos"]
    negative = (counts["expert_pos"] - counts["both"]) / (counts["n"] - counts["nlp_pos"])
    print(f"\n{len(counts)} findings: {positive.min():.3f} to {positive.max():.3f} of positives denied,", end=" ")
    print(f"{negative.min():.3f} to {negative.max():.3f} of negatives")
    targets = np.full((counts["n"].max(), len(counts)), 0.0)
    for column, called in enumerate(counts["nlp_pos"]):
        targets[:called, column] = 1
    rates = noise_rates("prior", targets).values
    assert (rates[1] < positive).all()
    assert (rates[0] < negative).mean() > 0.8


@pytest.mark.parametrize("seed", range(3))
def test_the_confident_joint_of_a_frequent_finding_is_fair(seed):
    p, labels, _, truth = reference.noisy_finding(seed, 0.4, false=0.1, separation=2.0)
    rates = noise_rates("confident_joint", labels, probabilities=p)
    assert rates.estimates[:, 0] == pytest.approx(truth, abs=0.1)
    assert rates.sources == (("confident_joint",), ("confident_joint",))


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(METHODS), st.integers(0, 999), st.floats(0, 1), st.floats(0, 1))
def test_every_rate_is_capped_whatever_it_comes_from(method, seed, positive, negative):
    rng = np.random.default_rng(seed)
    targets = rng.choice([0.0, 1.0, NAN], size=(60, 4), p=[0.6, 0.2, 0.2])
    targets[:, 3] = NAN
    p = rng.random(targets.shape)
    rates = noise_rates(
        method, targets, losses=rng.random(p.shape), probabilities=p, positive=positive, negative=negative, least=5
    )
    positives, negatives = (targets == 1).sum(axis=0), (targets == 0).sum(axis=0)
    assert (rates.values[0] <= positives / np.maximum(positives + negatives, 1) / 2).all()
    assert (rates.values[1] <= 0.5).all()
    assert (rates.values >= 0).all()
    np.testing.assert_array_equal(rates.counts, [negatives, positives])
    keep_masks(rng.random(p.shape), targets, rates.values)  # what they are for


def test_the_prior_counts_as_given_below_the_caps():
    targets = np.repeat([[1, 1], [0, 0]], 50, axis=0)
    rates = noise_rates("prior", targets, positive={"edema": 0.3}, negative=0.05, findings=["effusion", "edema"])
    np.testing.assert_array_equal(rates.values, [[0.05, 0.05], [0.10, 0.3]])
    assert rates.notices == (("", ""), ("", ""))
    assert {source for row in rates.sources for source in row} == {"prior"}


def test_caps_can_be_raised_by_who_has_measured_more():
    targets = np.repeat([[1.0], [0.0]], [100, 300], axis=0)
    known = {"positive": 0.7, "negative": 0.2}
    rates = noise_rates("prior", targets, **known)
    assert rates.values[:, 0].tolist() == [0.125, 0.5]
    assert rates.notices == (("0.2 capped at 0.125 by most_negative",), ("0.7 capped at 0.5 by most_positive",))
    raised = noise_rates("prior", targets, **known, most_positive=0.8, most_negative=1.0)
    assert raised.values[:, 0].tolist() == [0.2, 0.7]
    assert noise_rates("prior", targets, negative=0.9, most_negative=100.0).values[0, 0] == 0.5


@pytest.mark.parametrize("method", ["gmm", "confident_joint"])
def test_too_few_labels_fall_back_to_the_prior_and_say_so(method):
    rng = np.random.default_rng(0)
    targets = np.zeros((300, 1))
    targets[:30] = 1
    rates = noise_rates(method, targets, losses=rng.random((300, 1)), probabilities=rng.random((300, 1)))
    assert rates.sources[1] == ("prior",)
    assert np.isnan(rates.estimates[1, 0])
    assert rates.values[1, 0] == 0.10
    few = "labels" if method == "gmm" else "positive or negative labels"
    assert rates.notices[1] == (f"fewer than 100 {few}: prior",)
    # positives that few make the threshold of their label worthless for the negatives too; losses do not mix
    assert rates.sources[0] == (("gmm",) if method == "gmm" else ("prior",))


def test_losses_that_are_all_equal_say_nothing():
    rates = noise_rates("gmm", np.repeat([[1.0], [0.0]], 100, axis=0), losses=np.ones((200, 1)))
    assert rates.notices[1] == ("all losses are equal: prior",)
    assert rates.sources == (("prior",), ("prior",))


def test_unknown_labels_change_no_rate():
    p, labels, losses, _ = reference.noisy_finding(0, 0.2, images=2000)
    more = [np.vstack([array, np.full((500, 1), 0.5)]) for array in (p, losses)]
    unknown = np.vstack([labels, np.full((500, 1), NAN)])
    for method in METHODS:
        np.testing.assert_array_equal(
            noise_rates(method, labels, probabilities=p, losses=losses).values,
            noise_rates(method, unknown, probabilities=more[0], losses=more[1]).values,
        )


def test_the_table_names_every_stratum():
    p, labels, _, _ = reference.noisy_finding(0, 0.04)
    rates = noise_rates("confident_joint", labels, probabilities=p)
    table = rates.table(["edema"])
    assert table[["finding", "label"]].to_numpy().tolist() == [["edema", "positive"], ["edema", "negative"]]
    assert table["entries"].tolist() == [(labels == 1).sum(), (labels == 0).sum()]
    assert table["rate"].tolist() == rates.values[::-1, 0].tolist()
    assert table["notice"].tolist() == [rates.notices[1][0], rates.notices[0][0]]
    with pytest.raises(LucencyError, match="2 finding names for rates of 1"):
        rates.table(["edema", "mass"])


@pytest.mark.parametrize(
    ("method", "arguments", "error", "message"),
    [
        ("confident-joint", {}, ConfigError, "did you mean 'confident_joint'"),
        ("truth", {}, ConfigError, "choose one of prior, gmm, confident_joint"),
        ("gmm", {}, ConfigError, "losses: gmm needs them"),
        ("confident_joint", {}, ConfigError, "probabilities: confident_joint needs them"),
        ("prior", {"positive": {"edema": 0.2}}, ConfigError, "needs their names"),
        ("prior", {"positive": {"edma": 0.2}, "findings": ["edema"]}, LabelError, "did you mean 'edema'"),
        ("prior", {"positive": "0.2"}, ConfigError, "positive cannot be '0.2'; give a number"),
        ("prior", {"positive": 1.2}, ConfigError, "positive cannot be 1.2"),
        ("prior", {"findings": ["a", "b"]}, LucencyError, "2 finding names for 1 columns"),
        ("prior", {"most_positive": 1.0}, ConfigError, "most_positive cannot be 1.0"),
        ("prior", {"most_negative": -1.0}, ConfigError, "most_negative cannot be -1.0"),
        ("prior", {"least": 1}, ConfigError, "least cannot be 1"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(method, arguments, error, message):
    with pytest.raises(error, match=message):
        noise_rates(method, [[1.0], [0.0]], **arguments)
