"""DeLong and Obuchowski against their definitions, the bootstrap, and how often intervals and tests are right."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import binom, norm

from lucency.errors import ConfigError, LabelError, LucencyError, TableError
from lucency.metrics import auroc, bootstrap_intervals, delong_intervals, delong_test, paired_bootstrap
from references.delong import delong_covariance, obuchowski_covariance

NAN = np.nan


def cohort(images=400, patients=150, findings=3, seed=0, noise=0.5):
    """Two models whose scores agree within a patient, have ties, and labels that are partly unknown."""
    rng = np.random.default_rng(seed)
    owner = rng.permutation(np.r_[np.arange(patients), rng.integers(patients, size=images - patients)])
    truth = (rng.random((patients, findings)) < 0.3)[owner] ^ (rng.random((images, findings)) < 0.05)
    a = truth + rng.normal(0, 1, (patients, findings))[owner] + rng.normal(0, 0.3, truth.shape)
    b = a + rng.normal(0, noise, truth.shape)
    return a.round(1), b.round(1), np.where(rng.random(truth.shape) < 0.2, NAN, truth), owner


@st.composite
def cases(draw):
    images = draw(st.integers(4, 30))
    scores = draw(hnp.arrays(float, (2, images), elements=st.integers(0, 8)))
    targets = draw(hnp.arrays(float, images, elements=st.sampled_from([0.0, 1.0, NAN])))
    patients = draw(hnp.arrays(np.int64, images, elements=st.integers(0, draw(st.sampled_from([3, 100])))))
    assume(all(len(set(patients[targets == value])) > 1 for value in (0, 1)))
    return scores, targets, patients


def is_root(error, variance):
    """NaN of a variance below zero, which few patients can bring about; near zero rounding may have either."""
    if abs(variance) < 1e-12:
        return not error**2 > 2e-12
    return math.isnan(error) if variance < 0 else error**2 == pytest.approx(variance, abs=1e-12)


@given(cases())
def test_equal_to_the_definitions(case):
    scores, targets, patients = case
    ones = [[*column] for column in scores[:, :, None]]
    for groups, expected in [
        (None, delong_covariance(scores, targets)),
        (np.arange(len(targets)), delong_covariance(scores, targets)),
        (patients, obuchowski_covariance(scores, targets, patients)),
    ]:
        for model in range(2):
            result = delong_intervals(ones[model], targets[:, None], groups)
            np.testing.assert_array_equal(result.estimate, auroc(ones[model], targets[:, None]).values)
            assert is_root(result.standard_error[0], expected[model, model])
        test = delong_test(*ones, targets[:, None], groups)
        assert test.covariance[0] == pytest.approx(expected[0, 1], abs=1e-12)
        assert is_root(test.standard_error[0], expected[0, 0] + expected[1, 1] - 2 * expected[0, 1])


@given(cases())
def test_a_single_finding_is_its_own_mean(case):
    scores, targets, patients = case
    for groups in (None, patients):
        result = delong_test(scores[0][:, None], scores[1][:, None], targets[:, None], groups)
        mean = [result.macro, result.macro_standard_error, result.macro_p_value]
        np.testing.assert_array_equal(mean, [result.estimate[0], result.standard_error[0], result.p_value[0]])


def test_findings_do_not_meet_and_the_order_of_images_is_free():
    a, b, targets, owner = cohort()
    together = delong_test(a, b, targets, owner)
    order = np.random.default_rng(1).permutation(len(a))
    turned = delong_test(a[order], b[order], targets[order], owner[order])
    for finding in range(3):
        alone = delong_test(*(part[:, [finding]] for part in (a, b, targets)), owner)
        for field in ("estimate", "standard_error", "covariance", "low", "high", "z", "p_value"):
            assert getattr(alone, field)[0] == getattr(together, field)[finding]
            np.testing.assert_allclose(getattr(turned, field), getattr(together, field), rtol=1e-9)


def test_intervals_and_p_values_are_those_of_the_normal_distribution():
    a, b, targets, owner = cohort()
    one, difference = delong_intervals(a, targets, owner, level=0.9), delong_test(a, b, targets, owner, level=0.9)
    for result in (one, difference):
        low, high = norm.interval(0.9, result.estimate, result.standard_error)
        np.testing.assert_allclose([result.low, result.high], [low, high], rtol=1e-12)
        assert result.macro_interval == pytest.approx(norm.interval(0.9, result.macro, result.macro_standard_error))
        assert result.macro == pytest.approx(result.estimate.mean())
    np.testing.assert_allclose(difference.p_value, 2 * norm.sf(abs(difference.z)), rtol=1e-12)
    np.testing.assert_array_equal(difference.z, difference.estimate / difference.standard_error)
    turned = delong_test(b, a, targets, owner)
    np.testing.assert_array_equal(turned.estimate, -difference.estimate)
    np.testing.assert_array_equal(turned.p_value, difference.p_value)


def test_errors_agree_with_the_bootstrap_of_patients():
    a, b, targets, owner = cohort(images=3000, patients=1000)
    for result, resampled in [
        (delong_intervals(a, targets, owner), bootstrap_intervals(a, targets, owner, replicates=1000).auroc),
        (delong_test(a, b, targets, owner), paired_bootstrap(a, b, targets, owner, replicates=1000).auroc),
    ]:
        np.testing.assert_allclose(result.standard_error, resampled.samples.std(axis=0), rtol=0.08)
        assert result.macro_standard_error == pytest.approx(resampled.macro_samples.std(), rel=0.08)


def test_images_of_a_patient_taken_as_independent_make_errors_too_small():
    a, _, targets, owner = cohort(images=3000, patients=600)
    assert (
        delong_intervals(a, targets).standard_error < 0.8 * delong_intervals(a, targets, owner).standard_error
    ).all()


def test_intervals_cover_the_truth_and_tests_err_as_often_as_they_say():
    """Patients with two images, two normal populations one standard deviation apart, two models of equal merit."""
    rng, trials, level, truth = np.random.default_rng(0), 400, 0.9, norm.cdf(1 / math.sqrt(2))
    covered = false_alarms = 0
    patients, targets = np.repeat(np.arange(80), 2), np.repeat(np.arange(80) < 35, 2)[:, None].astype(float)
    for _ in range(trials):
        shared = targets + np.sqrt(0.5) * rng.normal(size=(80, 1))[patients]
        a, b = (shared + np.sqrt(0.5) * rng.normal(size=targets.shape) for _ in range(2))
        result = delong_intervals(a, targets, patients, level=level)
        covered += result.low[0] <= truth <= result.high[0]
        false_alarms += delong_test(a, b, targets, patients).p_value[0] < 1 - level
    low, high = binom.ppf([0.001, 0.999], trials, level) / trials
    assert low <= covered / trials <= high
    assert low <= 1 - false_alarms / trials <= high


def test_models_that_rank_alike_do_not_differ():
    a, _, targets, owner = cohort()
    result = delong_test(a, np.exp(a), targets, owner)
    assert not result.z.any()
    assert result.p_value.tolist() == [1, 1, 1]
    assert (result.macro_p_value, result.macro_interval) == (1, (0, 0))


def test_perfect_ranking_has_no_error_and_bounds_stay_in_range():
    targets = np.array([[0.0, 0], [0, 0], [1, 0], [1, 1], [1, 1]])
    scores = np.array([[0.1, 0.4], [0.2, 0.1], [0.3, 0.5], [0.4, 0.45], [0.5, 0.6]])
    result = delong_intervals(scores, targets)
    assert (result.low[0], result.high[0]) == (1, 1)
    assert result.low[1] < 1
    assert result.high[1] == 1
    reverse = delong_test(scores[:, :1], -scores[:, :1], targets[:, :1])
    assert (reverse.estimate[0], reverse.z[0], reverse.p_value[0]) == (1, math.inf, 0)


def test_a_finding_without_both_classes_or_of_one_patient_has_no_error():
    a, b, targets, owner = cohort()
    targets[:, 1] = np.where(targets[:, 1] == 1, NAN, targets[:, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = delong_test(a, b, targets, owner)
        assert np.isnan([result.estimate[1], result.standard_error[1], result.low[1], result.p_value[1]]).all()
        assert result.macro == pytest.approx(result.estimate[[0, 2]].mean())
        assert 0 < result.macro_p_value < 1
        targets[:, 2] = owner == 7
        one_patient = delong_intervals(a, targets, owner)
    assert one_patient.estimate[2] == auroc(a, targets).values[2]
    assert np.isnan([one_patient.standard_error[2], one_patient.high[2], one_patient.macro_standard_error]).all()


def test_wrong_input_is_refused():
    a, b, targets, owner = cohort()
    with pytest.raises(ConfigError, match="level is 95"):
        delong_intervals(a, targets, level=95)
    with pytest.raises(TableError, match=r"patient ids are \(399,\) for 400 images"):
        delong_test(a, b, targets, owner[1:])
    b[3, 1] = NAN
    with pytest.raises(LucencyError, match="score of finding 'b' in row 3 is nan"):
        delong_test(a, b, targets, owner, findings=["a", "b", "c"])
    with pytest.raises(LabelError, match=r"target of finding 0 in row 0 is 0\.5"):
        delong_intervals(a, np.full_like(targets, 0.5))
    with pytest.raises(LucencyError, match="no finding has both"):
        delong_intervals(a, np.zeros_like(targets))
