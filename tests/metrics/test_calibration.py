"""Brier score, log-loss and calibration error: slow reference, scikit-learn, unknown labels, intervals, refusals."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from lucency.errors import ConfigError, LabelError, LucencyError
from lucency.metrics import brier_score, calibration_intervals, expected_calibration_error, log_loss
from lucency.metrics.resampling import patient_weights
from references import calibration as reference

NAN = np.nan


def cohort(images=200, findings=3, seed=0, decimals=2):
    """Probabilities with ties, a third of the labels unknown, patients with several images."""
    rng = np.random.default_rng(seed)
    p = np.round(rng.random((images, findings)) ** 2, decimals)
    y = np.where(rng.random(p.shape) < 0.3, NAN, rng.random(p.shape) < p**0.7)
    return p, y, rng.integers(40, size=images)


@given(
    cells=st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0, NAN])), min_size=1, max_size=40),
    bins=st.integers(1, 20),
    binning=st.sampled_from(["equal_mass", "equal_width"]),
)
def test_all_equal_the_slow_reference(cells, bins, binning):
    p, y = np.array(cells).T
    ours = brier_score(p[:, None], y[:, None]).values[0]
    assert ours == pytest.approx(reference.brier(p, y), abs=1e-12, nan_ok=True)
    ours = log_loss(p[:, None], y[:, None]).values[0]
    assert ours == pytest.approx(reference.log_loss(p, y), abs=1e-12, nan_ok=True)
    ours = expected_calibration_error(p[:, None], y[:, None], bins=bins, binning=binning).values[0]
    assert ours == pytest.approx(reference.expected_calibration_error(p, y, bins, binning), abs=1e-12, nan_ok=True)


def test_brier_score_equals_scikit_learn_on_the_known_labels():
    p, y, _ = cohort()
    for column, value in enumerate(brier_score(p, y).values):
        known = ~np.isnan(y[:, column])
        assert value == pytest.approx(brier_score_loss(y[known, column], p[known, column]), abs=1e-12)


def test_log_loss_equals_scikit_learn_on_the_known_labels_and_stays_finite():
    p, y, _ = cohort(decimals=6)
    for column, value in enumerate(log_loss(p, y).values):
        known = ~np.isnan(y[:, column])
        assert value == pytest.approx(sklearn_log_loss(y[known, column], p[known, column]), abs=1e-6)
    assert log_loss([[0.0], [1.0]], [[1], [0]]).macro == pytest.approx(-np.log(1e-7))


@pytest.mark.parametrize(("binning", "strategy"), [("equal_mass", "quantile"), ("equal_width", "uniform")])
def test_calibration_error_equals_the_gaps_of_scikit_learns_curve(binning, strategy):
    p, y, _ = cohort(decimals=12)
    for column in range(3):
        known = np.flatnonzero(~np.isnan(y[:, column]))[:120]  # ten bins of twelve: quantiles cut between images
        value = expected_calibration_error(p[known], y[known], bins=10, binning=binning).values[column]
        p_known, y_known = p[known, column], y[known, column]
        observed, predicted = calibration_curve(y_known, p_known, n_bins=10, strategy=strategy)
        edges = np.quantile(p_known, np.linspace(0, 1, 11)) if strategy == "quantile" else np.linspace(0, 1, 11)
        counts, _ = np.histogram(p_known, edges)
        counts = counts[counts > 0]
        assert value == pytest.approx((counts * np.abs(observed - predicted)).sum() / counts.sum(), abs=1e-12)


def test_an_unknown_label_has_no_influence():
    p, y, _ = cohort()
    changed = np.where(np.isnan(y), 1 - p, p)
    for metric in (brier_score, log_loss, expected_calibration_error):
        np.testing.assert_array_equal(metric(changed, y).values, metric(p, y).values)
        assert not np.array_equal(metric(1 - p, y).values, metric(p, y).values)  # a known one has


def test_order_of_images_and_of_ties_does_not_matter():
    p, y, _ = cohort(decimals=1)
    order = np.random.default_rng(1).permutation(len(p))
    before, after = (expected_calibration_error(p[rows], y[rows]).values for rows in (slice(None), order))
    np.testing.assert_allclose(before, after, atol=1e-12)


def test_a_finding_without_known_label_is_nan_and_left_out_of_the_mean():
    p, y, patients = cohort()
    y[:, 1] = NAN
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for metric in (brier_score, log_loss, expected_calibration_error):
            result = metric(p, y)
            assert np.isnan(result.values[1])
            assert result.n_known[1] == 0
            assert result.defined.tolist() == [True, False, True]
            assert result.macro == pytest.approx(result.values[[0, 2]].mean())
        intervals = calibration_intervals(p, y, patients, replicates=20)
    assert intervals.brier.undefined.tolist() == [0, 20, 0]
    with pytest.raises(LucencyError, match="no label of any finding is known"):
        _ = brier_score(p, np.full_like(y, NAN)).macro


def test_one_class_is_enough_to_be_defined():
    assert brier_score([[0.25], [0.75]], [[0], [0]]).values == pytest.approx([0.3125])
    assert expected_calibration_error([[0.25], [0.75]], [[0], [0]], bins=1).values == pytest.approx([0.5])


def test_perfect_and_perfectly_wrong():
    y = np.array([[0.0], [1.0], [1.0]])
    for metric in (brier_score, expected_calibration_error):
        assert metric(y, y).macro == 0
        assert metric(1 - y, y).macro == 1


@pytest.mark.parametrize("binning", ["equal_mass", "equal_width"])
def test_calibrated_probabilities_have_a_small_error_that_falls_with_images(binning):
    rng = np.random.default_rng(0)
    errors = []
    for images in (300, 30000):
        p = rng.random((images, 1))
        y = (rng.random(p.shape) < p).astype(float)
        errors.append(expected_calibration_error(p, y, binning=binning).macro)
        assert expected_calibration_error(p**3, y, binning=binning).macro > 2 * errors[-1]
    assert errors[1] < errors[0] / 3
    assert errors[1] < 0.02


def test_every_resample_equals_the_slow_reference_on_the_same_patients():
    p, y, patients = cohort()
    intervals = calibration_intervals(p, y, patients, bins=7, replicates=70, seed=5)
    names = sorted(set(patients.astype(str)))
    for replicate in (0, 1, 63, 64, 69):
        drawn = dict(zip(names, patient_weights(len(names), seed=5, replicate=replicate), strict=True))
        weights = [drawn[str(patient)] for patient in patients]
        for finding in range(3):
            expected = reference.brier(p[:, finding], y[:, finding], weights)
            assert intervals.brier.samples[replicate, finding] == pytest.approx(expected, abs=1e-12)
            expected = reference.log_loss(p[:, finding], y[:, finding], weights)
            assert intervals.log_loss.samples[replicate, finding] == pytest.approx(expected, abs=1e-12)
            expected = reference.expected_calibration_error(p[:, finding], y[:, finding], 7, "equal_mass", weights)
            found = intervals.expected_calibration_error.samples[replicate, finding]
            assert found == pytest.approx(expected, abs=1e-12)
    np.testing.assert_array_equal(intervals.brier.estimate, brier_score(p, y).values)
    estimate = expected_calibration_error(p, y, bins=7).values
    np.testing.assert_array_equal(intervals.expected_calibration_error.estimate, estimate)


def test_what_is_no_probability_is_refused_by_name():
    p, y, patients = cohort()
    p[3, 1] = 1.5
    for metric in (brier_score, expected_calibration_error):
        with pytest.raises(LucencyError, match=r"finding 'b' in row 3 is 1.5; .* apply the sigmoid"):
            metric(p, y, ["a", "b", "c"])
    p[3, 1] = 0.5
    y[3, 1] = 0.5
    with pytest.raises(LabelError, match="finding 1 in row 3"):
        calibration_intervals(p, y, patients)


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"bins": 0}, "bins is 0"), ({"bins": 2.5}, "bins is 2.5"), ({"binning": "mass"}, "equal_mass or equal_width")],
)
def test_nonsense_settings_are_refused(settings, said):
    p, y, patients = cohort()
    with pytest.raises(ConfigError, match=said):
        expected_calibration_error(p, y, **settings)
    with pytest.raises(ConfigError, match=said):
        calibration_intervals(p, y, patients, **settings)
    with pytest.raises(ConfigError, match="replicates is 0"):
        calibration_intervals(p, y, patients, replicates=0)
