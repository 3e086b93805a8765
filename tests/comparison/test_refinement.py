"""The experiment on wrong labels: heads, evidence, rounds without a leak, shares against a slow reference."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lucency.comparison.refinement import ALL_CLEAN, NO_CLEANING, PRODUCT, SELECTIONS, STRATA, refine
from lucency.comparison.refinement_evidence import SNAPSHOTS, co_teaching, gather_evidence
from lucency.comparison.refinement_heads import HeadRecipe, train_heads
from lucency.comparison.refinement_plan import Arm, RefinementPlan
from lucency.comparison.refinement_rounds import run_rounds
from lucency.comparison.refinement_study import RefinementStudy, measured_noise, refinement_study
from lucency.comparison.refinement_tables import (
    detection_table,
    kept_table,
    noise_table,
    outcome_table,
    rounds_table,
    shares,
)
from lucency.data import write_study_table
from lucency.data.phantom import write_phantom
from lucency.errors import ConfigError, LabelError, LucencyError, TableError
from lucency.labels.simulate import asymmetric
from lucency.metrics.resampling import patient_weights
from lucency.refine import keep_masks
from lucency.refine.oracle import SimulatedOracle
from lucency.refine.vog import variance_of_gradients

FINDINGS = ("edema", "mass")
HEAD = HeadRecipe(epochs=8, learning_rate=0.05, batch_size=32)
PLAN = RefinementPlan(
    noise=[{"asymmetric": {"fn_rate": 0.3, "fp_rate": 0.03}}],
    arms=[
        Arm(name="random_image", method="random_image"),
        Arm(name="cross_entropy", method="cross_entropy"),
        Arm(name="coreset", method="coreset", training="all"),
        Arm(name="vog", method="vog"),
        Arm(name="disagreement", method="disagreement", quota="equal"),
        Arm(name="reader", method="cross_entropy", error_rate=0.3, readers=3),
    ],
    head=HEAD,
    seeds=[0, 1],
    rounds=2,
    budget=0.05,
    folds=2,
    replicates=50,
)


def table_of(truth):
    """Study table of images of which two are a patient's."""
    count = len(truth)
    columns = {
        finding: np.where(states == 1, "positive", "negative")
        for finding, states in zip(FINDINGS, truth.T, strict=True)
    }
    about = {"study": "", "view": "PA", "sex": "", "source": "x"}
    people = [f"p{at // 2}" for at in range(count)]
    frame = pd.DataFrame({"image": [f"{at}.png" for at in range(count)], "patient": people, **columns})
    return frame.assign(**about).astype(str).assign(age=float("nan"))


def make_study(seed=0, images=240, prevalence=1.0):
    """Two findings that follow from six features; the second is rarer."""
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(2 * images, 6)).astype(np.float32)
    logits = 3 * inputs[:, :2] - [prevalence, 2 * prevalence]
    truth = (logits + rng.logistic(size=logits.shape) > 0).astype(np.float32)
    frame = table_of(truth[:images])
    return RefinementStudy(
        name="toy",
        truth=frame,
        observed=asymmetric(frame, fn_rate=0.3, fp_rate=0.03, seed=seed, findings=FINDINGS),
        inputs=inputs[:images],
        test_inputs=inputs[images:],
        test_truth=truth[images:],
        test_patients=np.arange(images) // 2,
    )


@pytest.fixture(scope="module")
def study():
    return make_study()


@pytest.fixture(scope="module")
def results():
    return list(refine(make_study, PLAN))


def test_heads_side_by_side_are_those_trained_alone(study):
    targets = np.stack([study.observed_targets, study.true_targets, 1 - study.true_targets])
    together = train_heads(study.inputs, targets, HEAD, seeds=[[0], [1], [2]])
    for number, own in enumerate(targets):
        alone = train_heads(study.inputs, own[None], HEAD, seeds=[[number]])
        np.testing.assert_allclose(together.weights[number], alone.weights[0], atol=1e-4)
        np.testing.assert_allclose(together.logits(study.inputs)[number], together.seen[-1][number], atol=1e-5)


def test_a_head_without_a_label_says_so(study):
    with pytest.raises(ConfigError, match="no label to learn from"):
        train_heads(study.inputs, np.full((1, 240, 2), np.nan, np.float32), HEAD, seeds=[[0]])


def test_unseen_probabilities_do_not_know_the_labels_of_the_patient(study):
    labels = study.observed_targets
    changed = labels.copy()
    changed[:2] = 1 - changed[:2]  # one patient's
    before, after = (
        gather_evidence(study.inputs, own, own, study.patients, HEAD, seed=0, folds=3, partitions=2)
        for own in (labels, changed)
    )
    np.testing.assert_allclose(before.unseen[:, :2], after.unseen[:, :2], atol=1e-6)
    assert not np.allclose(before.seen[:2], after.seen[:2], atol=1e-6)
    assert not np.allclose(before.unseen[0], before.unseen[1], atol=1e-3)


def test_variance_of_gradients_is_that_of_whole_features(study):
    labels = study.observed_targets
    evidence = gather_evidence(study.inputs, labels, labels, study.patients, HEAD, seed=0, partitions=0)
    residuals = [1 / (1 + np.exp(-logits[0].astype(np.float64))) - labels for logits in evidence.whole.seen]
    features = np.broadcast_to(study.inputs.astype(np.float64), (SNAPSHOTS, *study.inputs.shape))
    np.testing.assert_allclose(evidence.vog, variance_of_gradients(np.stack(residuals), features), rtol=1e-6)


@pytest.mark.parametrize("mix", [0.0, 0.2])
def test_co_teaching_forgets_at_its_rates_and_finds_wrong_labels(study, mix):
    rates = np.array([[0.1, 0.05], [0.2, 0.3]])
    kept = co_teaching(study.inputs, study.observed_targets, rates, HEAD, seed=0, mix=mix)
    some = keep_masks(np.zeros((240, 2)), study.observed_targets, rates)
    for label in (0, 1):
        inside = study.observed_targets == label
        assert ((kept & inside).sum(axis=1) == (some & inside).sum(axis=0)).all()
    wrong = study.wrong == 1
    assert (~kept[:, wrong]).mean() > 2 * (~kept[:, ~wrong]).mean()


def test_nothing_is_forgotten_at_rate_zero(study):
    assert co_teaching(study.inputs, study.observed_targets, np.zeros((2, 2)), HEAD, seed=0).all()


@pytest.mark.parametrize("arm", PLAN.arms, ids=lambda arm: arm.name)
def test_rounds_change_nothing_that_was_not_paid_for(study, results, arm):
    rounds = results[0].rounds[arm.name]
    for labels, asked, calls in zip(rounds.labels, rounds.asked, rounds.calls, strict=True):
        changed = labels != study.observed_targets
        assert not (changed & ~asked).any()
        assert changed.sum() <= asked.sum() <= calls
    assert [int(asked.all(axis=1).sum()) for asked in rounds.asked] == [0, 12, 24]
    if not arm.error_rate:
        asked = rounds.asked[-1]
        np.testing.assert_array_equal(rounds.labels[-1][asked], study.true_targets[asked])


@pytest.mark.parametrize("arm", PLAN.arms, ids=lambda arm: arm.name)
def test_the_truth_of_what_was_not_asked_moves_neither_choice_nor_head(study, results, arm):
    rounds = results[0].rounds[arm.name]
    asked = rounds.asked[-1]
    other = study.truth.copy()
    for column, finding in enumerate(FINDINGS):
        turned = other[finding].map({"positive": "negative", "negative": "positive"})
        other[finding] = other[finding].where(asked[:, column], turned)
    oracle = SimulatedOracle(
        other, error_rate=arm.error_rate, readers=arm.readers, until_majority=arm.readers > 1, seed=0
    )
    kept = results[0].kept["prior", PRODUCT]
    again = run_rounds(study.observed, study.inputs, study.test_inputs, kept, oracle, arm, PLAN, seed=0)
    np.testing.assert_array_equal(again.asked, rounds.asked)
    np.testing.assert_array_equal(again.labels, rounds.labels)
    np.testing.assert_array_equal(again.logits, rounds.logits)


def test_cross_entropy_finds_more_than_chance(results):
    table = rounds_table(results, PLAN)
    last = table[table["round"] == PLAN.rounds].groupby("arm")["wrong"].mean()
    assert last["cross_entropy"] < last["random_image"] < table[table.arm == NO_CLEANING]["wrong"].mean()


def slow_shares(parts, wholes, patients, replicates):
    """Patients drawn one after the other, with all their images."""
    people = list(dict.fromkeys(sorted(patients)))
    samples = []
    for number in range(replicates):
        times = patient_weights(len(people), seed=0, replicate=number)
        part, whole = np.zeros(parts.shape[1]), np.zeros(parts.shape[1])
        for person, time in zip(people, times, strict=True):
            for row in np.flatnonzero(patients == person):
                part, whole = part + time * parts[row], whole + time * wholes[row]
        samples.append(part / whole)
    return np.array(samples)


def test_shares_are_those_of_a_slow_count(study):
    wholes = np.ones((40, 2))
    found = shares(study.wrong[:40], wholes, study.patients[:40], replicates=5)
    np.testing.assert_allclose(found.samples, slow_shares(study.wrong[:40], wholes, study.patients[:40], 5))
    np.testing.assert_allclose(found.estimate, study.wrong[:40].mean(axis=0))


def test_tables_say_what_the_arrays_hold(results):
    kept = kept_table(results, PLAN)
    chosen = kept.query("rates == 'prior' and selection == @PRODUCT and observed == 'positive' and truth == 'right'")
    for column, finding in enumerate(FINDINGS):
        expected = []
        for one in results:
            right = (one.study.observed_targets[:, column] == 1) & (one.study.true_targets[:, column] == 1)
            expected.append(np.mean([head[right, column].mean() for head in one.kept["prior", PRODUCT]]))
        assert chosen.set_index("finding").loc[finding, "value"] == pytest.approx(np.mean(expected))
    assert set(kept["selection"]) == set(SELECTIONS)
    detection = detection_table(results)
    assert set(detection["stratum"]) == set(STRATA)
    clear = detection.query("finding == 'macro' and stratum == 'either' and metric == 'auroc'").set_index("method")
    assert clear.loc["cross_entropy", "low"] > 0.5 > abs(clear.loc["cross_entropy", "difference"])
    noise = noise_table(results).set_index("finding")
    wrong = [(one.study.wrong == 1)[one.study.observed_targets[:, 1] == 1, 1].mean() for one in results]
    assert noise.loc["mass", "wrong_positives"] == pytest.approx(np.mean(wrong))


def test_outcomes_are_differences_of_the_last_round(results):
    outcomes, rounds = outcome_table(results, PLAN), rounds_table(results, PLAN)
    last = rounds[rounds["round"] == rounds.groupby("arm")["round"].transform("max")]
    mean = last.groupby("arm")[["auroc", "ap", "wrong"]].mean()
    for row in outcomes.itertuples():
        column = "wrong" if row.measure == "wrong labels" else row.measure
        assert row.difference == pytest.approx(mean.loc[row.arm, column] - mean.loc[row.against, column])
    assert set(outcomes["arm"]) == {arm.name for arm in PLAN.arms} | {NO_CLEANING, ALL_CLEAN}


def test_a_study_keeps_test_labels_clean_and_falsifies_training_ones(tmp_path):
    table = write_phantom(tmp_path, images=60, size=32, workers=1, format="png").with_name("truth.csv")
    inputs = np.random.default_rng(0).normal(2, 3, size=(60, 4, 2, 2)).astype(np.float32)
    made = refinement_study(table, inputs, [{"symmetric": {"rate": 0.2}}], seed=1)
    again = refinement_study(table, inputs.mean(axis=(2, 3)), [{"symmetric": {"rate": 0.2}}], seed=1)
    pd.testing.assert_frame_equal(made.observed, again.observed)
    np.testing.assert_allclose(made.inputs.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(made.inputs.std(axis=0), 1, atol=1e-5)
    assert 0.1 < np.nanmean(made.wrong) < 0.3
    assert set(made.test_patients).isdisjoint(made.patients)
    with pytest.raises(ConfigError, match="has 60 rows for 59 inputs"):
        refinement_study(table, inputs[:59], PLAN.noise)
    open_labels = made.truth.assign(
        split=["train", "test"] * (len(made.truth) // 2) + ["train"] * (len(made.truth) % 2)
    )
    open_labels = open_labels.assign(patient=open_labels["image"], edema="unmentioned")
    written = write_study_table(open_labels, tmp_path / "open.csv")
    with pytest.raises(LabelError, match="is no truth while labels are uncertain or unmentioned"):
        refinement_study(written, np.zeros((len(open_labels), 2)), PLAN.noise)


def test_measured_noise_refuses_what_it_cannot_read(tmp_path):
    path = tmp_path / "rates.csv"
    path.write_text("finding,n,expert_pos,nlp_pos,both\nMassss,100,40,30,20\n")
    with pytest.raises(LabelError, match="massss is not in the vocabulary"):
        measured_noise(path)
    path.write_text("finding,n\nMass,100\n")
    with pytest.raises(TableError, match="no table of rates"):
        measured_noise(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arms": PLAN.arms[1:]}, "need one named random_image"),
        ({"arms": [*PLAN.arms, PLAN.arms[1]]}, "every name once"),
        ({"budget": 0.6}, "2 rounds of 0.6 of the images are not possible"),
        ({"folds": 1}, "two folds"),
    ],
)
def test_a_plan_that_makes_no_sense(changes, message):
    with pytest.raises(LucencyError, match=message):
        replace(PLAN, **changes)
