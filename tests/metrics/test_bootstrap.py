"""Bootstrap intervals: each resample against scikit-learn, patients kept whole, determinism, coverage, refusals."""

import warnings

import numpy as np
import pytest
from scipy.stats import binom, norm
from sklearn.metrics import average_precision_score, roc_auc_score

from lucency.errors import ConfigError, LucencyError, TableError
from lucency.metrics import auroc, average_precision, bootstrap_intervals, paired_bootstrap, resampling
from lucency.metrics.resampling import patient_weights

NAN = np.nan
PATIENTS = 40


def cohort(images=150, findings=3, seed=0):
    """Scores with ties, labels partly unknown, patients with several images, one of whom alone has the last finding."""
    rng = np.random.default_rng(seed)
    truth = rng.random((images, findings)) < 0.3
    patients = rng.permutation(np.r_[np.arange(PATIENTS), rng.integers(PATIENTS, size=images - PATIENTS)])
    truth[:, -1] = patients == 3
    scores = np.round(truth + rng.normal(0, 1, truth.shape), 1)
    return scores, np.where(rng.random(truth.shape) < 0.3, NAN, truth), patients


@pytest.mark.parametrize("resamples_at_once", [1, 7, 64])
def test_every_resample_equals_scikit_learn_on_the_same_patients(resamples_at_once, monkeypatch):
    monkeypatch.setattr(resampling, "RESAMPLES_AT_ONCE", resamples_at_once)
    scores, targets, patients = cohort()
    result = bootstrap_intervals(scores, targets, patients, replicates=60, seed=5)
    names = sorted(set(patients.astype(str)))
    checked = 0
    for replicate in range(60):
        drawn = dict(zip(names, patient_weights(PATIENTS, seed=5, replicate=replicate), strict=True))
        weight = np.array([drawn[str(patient)] for patient in patients])
        for finding in range(3):
            used = ~np.isnan(targets[:, finding]) & (weight > 0)
            s, y, w = scores[used, finding], targets[used, finding], weight[used]
            area = result.auroc.samples[replicate, finding]
            precision = result.average_precision.samples[replicate, finding]
            if len(np.unique(y)) < 2:
                assert np.isnan([area, precision]).all()
                continue
            checked += 1
            assert area == pytest.approx(roc_auc_score(y, s, sample_weight=w), abs=1e-12)
            assert precision == pytest.approx(average_precision_score(y, s, sample_weight=w), abs=1e-12)
    assert 0 < result.auroc.undefined[2] < 60
    assert result.auroc.undefined.sum() == 3 * 60 - checked


def test_first_resample_of_real_scores_equals_scikit_learn(real_data):
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(real_data / "nih_scores_densenet121" / "nih_test_preds_and_nlp_labels.csv.gz")
    scores, targets = (table.filter(regex=prefix).to_numpy(float) for prefix in ("^prob_", "^y_"))
    names, patients = np.unique(table["Patient ID"].astype(str), return_inverse=True)
    rows = np.repeat(np.arange(len(table)), patient_weights(len(names), seed=0, replicate=0)[patients])
    result = bootstrap_intervals(scores, targets, table["Patient ID"], replicates=1)
    for interval, metric in [(result.auroc, roc_auc_score), (result.average_precision, average_precision_score)]:
        np.testing.assert_allclose(interval.samples[0], metric(targets[rows], scores[rows], average=None), atol=1e-12)


def test_estimates_and_intervals_are_those_of_the_samples():
    scores, targets, patients = cohort()
    result = bootstrap_intervals(scores, targets, patients, replicates=200, level=0.9)
    for interval, metric in [(result.auroc, auroc), (result.average_precision, average_precision)]:
        point = metric(scores, targets)
        np.testing.assert_array_equal(interval.estimate, point.values)
        assert interval.macro == point.macro
        for finding in range(3):
            defined = interval.samples[~np.isnan(interval.samples[:, finding]), finding]
            assert interval.low[finding] == pytest.approx(np.quantile(defined, 0.05))
            assert interval.high[finding] == pytest.approx(np.quantile(defined, 0.95))
        means = [np.mean([value for value in row if value == value]) for row in interval.samples]
        assert interval.macro_interval == pytest.approx(tuple(np.quantile(means, [0.05, 0.95])))


def test_a_resample_depends_on_seed_and_number_alone():
    data = cohort()
    few, many = (bootstrap_intervals(*data, replicates=n, seed=3).auroc.samples for n in (10, 30))
    other = bootstrap_intervals(*data, replicates=10, seed=4).auroc.samples
    np.testing.assert_array_equal(few, many[:10])
    assert not np.array_equal(few, other, equal_nan=True)


def test_ids_may_be_numbers_or_text():
    scores, targets, patients = cohort()
    one = bootstrap_intervals(scores, targets, patients, replicates=20).auroc.samples
    other = bootstrap_intervals(scores, targets, [str(patient) for patient in patients], replicates=20).auroc.samples
    np.testing.assert_array_equal(one, other)


def test_images_of_a_patient_stay_together():
    """Copies of every image add no information: by patient the interval stays, by image it narrows."""
    scores, targets, patients = (np.repeat(part, 9, axis=0) for part in cohort(images=60, findings=2))
    copies = len(scores)
    by_patient = bootstrap_intervals(scores, targets, patients, replicates=300).auroc
    by_image = bootstrap_intervals(scores, targets, np.arange(copies), replicates=300).auroc
    assert ((by_patient.high - by_patient.low) > 2 * (by_image.high - by_image.low)).all()


def test_a_finding_that_is_never_defined_has_no_interval_and_spoils_nothing():
    scores, targets, patients = cohort()
    targets[:, 1] = np.where(targets[:, 1] == 1, NAN, targets[:, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = bootstrap_intervals(scores, targets, patients, replicates=25).auroc
        low, (macro_low, macro_high) = result.low, result.macro_interval
    assert result.undefined[1] == 25
    assert np.isnan([result.estimate[1], low[1], result.high[1]]).all()
    assert macro_low < result.macro < macro_high


def test_resamples_without_any_defined_finding_are_left_out_of_the_mean():
    result = bootstrap_intervals([[0.1], [0.9]], [[0], [1]], ["a", "b"], replicates=100).auroc
    assert 0 < result.undefined[0] < 100
    assert len(result.macro_samples) == 100 - result.undefined[0]
    assert result.macro_interval == (1, 1)


def test_paired_samples_are_differences_on_the_same_patients():
    scores, targets, patients = cohort()
    noisy = scores + np.random.default_rng(1).normal(0, 0.3, scores.shape)
    a, b = (bootstrap_intervals(s, targets, patients, replicates=50, seed=2) for s in (scores, noisy))
    paired = paired_bootstrap(scores, noisy, targets, patients, replicates=50, seed=2)
    for name in ("auroc", "average_precision"):
        difference, one, other = (getattr(result, name) for result in (paired, a, b))
        np.testing.assert_array_equal(difference.samples, one.samples - other.samples)
        np.testing.assert_array_equal(difference.estimate, one.estimate - other.estimate)
        assert difference.macro == pytest.approx(one.macro - other.macro)


def test_pairing_narrows_the_interval_of_similar_models():
    scores, targets, patients = cohort(findings=2)
    noisy = scores + np.random.default_rng(1).normal(0, 0.2, scores.shape)
    low, high = paired_bootstrap(scores, noisy, targets, patients, replicates=300).auroc.macro_interval
    one_low, one_high = bootstrap_intervals(scores, targets, patients, replicates=300).auroc.macro_interval
    assert high - low < 0.5 * (one_high - one_low)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """Two normal populations one standard deviation apart have AUROC Phi(1 / sqrt 2)."""
    rng, trials, level = np.random.default_rng(0), 200, 0.9
    covered = 0
    for _ in range(trials):
        targets = (np.arange(120) < 50).astype(float)[:, None]
        result = bootstrap_intervals(
            targets + rng.normal(size=targets.shape), targets, np.arange(120), replicates=300, level=level
        )
        covered += result.auroc.low[0] <= norm.cdf(1 / np.sqrt(2)) <= result.auroc.high[0]
    low, high = binom.ppf([0.001, 0.999], trials, level) / trials
    assert low - 0.02 <= covered / trials <= high  # percentile intervals are known to be slightly short


@pytest.mark.parametrize("missing", [None, NAN, ""])
def test_a_missing_patient_is_an_error(missing):
    scores, targets, patients = cohort()
    ids = patients.astype(object)
    ids[[7, 9]] = missing
    with pytest.raises(TableError, match=r"patient id in row 7 is missing \(2 in all\)"):
        bootstrap_intervals(scores, targets, ids)
    with pytest.raises(TableError, match=r"patient ids are \(149,\) for 150 images"):
        bootstrap_intervals(scores, targets, patients[1:])


@pytest.mark.parametrize("settings", [{"replicates": 0}, {"level": 1.0}, {"level": 95}, {"level": 0.0}])
def test_nonsense_settings_are_refused(settings):
    with pytest.raises(ConfigError, match=f"{next(iter(settings))} is"):
        bootstrap_intervals(*cohort(), **settings)


def test_scores_are_checked_as_by_the_point_metrics():
    scores, targets, patients = cohort()
    scores[3, 1] = NAN
    with pytest.raises(LucencyError, match="score of finding 'b' in row 3"):
        paired_bootstrap(np.zeros_like(scores), scores, targets, patients, findings=["a", "b", "c"])
    with pytest.raises(LucencyError, match="no finding has both"):
        bootstrap_intervals(np.zeros((2, 1)), np.ones((2, 1)), ["a", "b"])
