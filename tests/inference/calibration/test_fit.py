"""Which finding gets which map: evidence, fall-backs, unknown labels, determinism, round trip through a site file."""

import numpy as np
import pytest
from scipy.special import expit

from lucency.errors import ConfigError, LabelError, LucencyError, TableError
from lucency.inference import Site, read_site, write_site
from lucency.inference.calibration import correct_prior, fit_calibration, measure_calibration
from lucency.inference.calibration.cross_fitting import cross_fit, patient_folds
from lucency.inference.calibration.fits import FITS, fit_temperature
from lucency.inference.site_file import reference_to
from lucency.metrics import brier_score, calibration_intervals, expected_calibration_error, log_loss
from lucency.results.model_identity import ModelIdentity

FINDINGS = ["edema", "mass", "nodule"]


def cohort(images=600, seed=0, slope=0.4, shift=-0.5, unknown=0.3):
    """Overconfident probabilities of three findings, patients with several images, some labels unknown."""
    rng = np.random.default_rng(seed)
    z = rng.normal(-0.5, 2, (images, 3))
    y = (rng.random(z.shape) < expit(slope * z + shift)).astype(float)
    y[rng.random(z.shape) < unknown] = np.nan
    return expit(z), y, rng.integers(images // 3, size=images)


def keep(y, column, positives, negatives):
    """Leave so many known labels of each class in a column."""
    for label, count in ((1, positives), (0, negatives)):
        y[np.flatnonzero(y[:, column] == label)[count:], column] = np.nan


@pytest.mark.parametrize("method", list(FITS))
def test_a_map_is_fitted_on_all_known_labels_and_judged_by_folds(method):
    p, y, patients = cohort()
    fit = fit_calibration(p, y, patients, FINDINGS, method=method, folds=4, seed=3)
    for column, finding in enumerate(FINDINGS):
        known = ~np.isnan(y[:, column])
        cells = p[known, column], y[known, column]
        calibration = fit.calibrations[finding]
        assert calibration.map == FITS[method](*cells)
        fold = patient_folds(patients.astype(str)[known], cells[1], folds=4, seed=3)
        np.testing.assert_array_equal(fit.cross_fitted[known, column], cross_fit(FITS[method], *cells, fold))
        assert calibration.evidence.positives == (y[:, column] == 1).sum()
        assert calibration.evidence.negatives == (y[:, column] == 0).sum()
        assert calibration.evidence.patients == len(set(patients[known]))
        assert (calibration.shared, calibration.reason, calibration.prior) == (False, "", None)
    assert fit.well_known == set(FINDINGS)


def test_auto_follows_the_shape_of_the_error():
    rng = np.random.default_rng(0)
    z = rng.normal(-1, 2, (12_000, 3))
    step = np.where(z[:, 2] < 0, -3.0, 1.0)
    y = rng.random(z.shape) < expit(np.stack([z[:, 0], 0.6 * z[:, 1] + 1.5, step], axis=1))
    fit = fit_calibration(expit(z), y, np.arange(len(z)), FINDINGS)
    assert fit.calibrations["edema"].map.method == "none"
    assert "log-loss" in fit.calibrations["edema"].reason
    assert fit.calibrations["mass"].map.method in ("platt", "beta")  # beta holds Platt's map
    assert fit.calibrations["nodule"].map.method == "isotonic"


def test_unknown_labels_have_no_influence():
    p, y, patients = cohort()
    before = fit_calibration(p, y, patients, FINDINGS)
    changed = np.where(np.isnan(y), 1 - p, p)
    more = [np.concatenate(pair) for pair in ((changed, p), (y, np.full_like(y, np.nan)), (patients, patients + 999))]
    after = fit_calibration(*more, FINDINGS)
    assert after.calibrations == before.calibrations
    np.testing.assert_array_equal(after.cross_fitted[: len(y)][~np.isnan(y)], before.cross_fitted[~np.isnan(y)])


def test_the_same_seed_gives_the_same_fit():
    p, y, patients = cohort()
    first, again, other = (fit_calibration(p, y, patients, FINDINGS, seed=seed) for seed in (1, 1, 2))
    assert again.calibrations == first.calibrations
    np.testing.assert_array_equal(again.cross_fitted, first.cross_fitted)
    assert not np.array_equal(other.cross_fitted, first.cross_fitted)


@pytest.mark.parametrize(
    ("positives", "negatives", "said"),
    [
        (19, 50, "19 positives and 50 negatives, 20 of each"),
        (50, 3, "3 negatives"),
        (0, 50, "0 positives"),
        (0, 0, "no label"),
    ],
)
def test_little_evidence_shares_the_temperature_of_all(positives, negatives, said):
    p, y, patients = cohort()
    keep(y, 1, positives, negatives)
    fit = fit_calibration(p, y, patients, FINDINGS)
    calibration = fit.calibrations["mass"]
    known = ~np.isnan(y)
    assert calibration.map == fit_temperature(p[known], y[known])
    assert (calibration.shared, calibration.name) == (True, "shared temperature")
    assert calibration.evidence.positives == positives
    assert said in calibration.reason
    assert "temperature is that of all findings together" in calibration.reason
    assert fit.well_known == {"edema", "nodule"}
    own = fit_calibration(p, y, patients, FINDINGS, minimum=3, folds=2)
    assert own.calibrations["mass"].shared == (min(positives, negatives) < 3)


def test_labels_of_few_patients_are_little_evidence():
    p, y, patients = cohort(unknown=0)
    patients = np.where(y[:, 0] == 1, patients % 4, 100 + patients)
    fit = fit_calibration(p, y, patients, FINDINGS)
    assert "positives of 4 patients, 5 are needed for 5 folds" in fit.calibrations["edema"].reason
    assert "edema" in fit_calibration(p, y, patients, FINDINGS, folds=4).well_known


def test_where_nothing_is_to_gain_nothing_is_done():
    rng = np.random.default_rng(0)
    p = rng.random((3000, 3))
    y = (rng.random(p.shape) < p).astype(float)
    keep(y, 2, 5, 5)
    fit = fit_calibration(p, y, np.arange(3000), FINDINGS)
    for finding in FINDINGS:
        assert fit.calibrations[finding].name == "none"
        assert "log-loss" in fit.calibrations[finding].reason
    assert "5 positives and 5 negatives" in fit.calibrations["nodule"].reason
    assert "nor does a temperature shared by all findings help" in fit.calibrations["nodule"].reason
    np.testing.assert_array_equal(fit.cross_fitted, p)


def test_one_finding_is_enough_and_none_is_one_line():
    p, y, patients = cohort()
    y[:, 1] = np.where(np.isnan(y[:, 1]), np.nan, 0)
    y[:, 2] = np.nan
    fit = fit_calibration(p, y, patients, FINDINGS)
    assert not fit.calibrations["edema"].shared
    assert fit.calibrations["mass"].shared
    keep(y, 0, 2, 99)
    with pytest.raises(
        LucencyError, match="no finding can be calibrated: all findings together have 2 positives"
    ) as one:
        fit_calibration(p, y, patients, FINDINGS)
    assert "\n" not in str(one.value)
    with pytest.raises(LucencyError, match="no finding can be calibrated: no label is known"):
        fit_calibration(p, np.full_like(y, np.nan), patients, FINDINGS)


def test_a_site_file_gives_back_what_was_fitted(tmp_path):
    p, y, patients = cohort()
    keep(y, 1, 5, 5)
    model = ModelIdentity(name="b", version="1", findings=tuple(FINDINGS), weights_sha256="0a")
    for method in FITS:
        fit = correct_prior(fit_calibration(p, y, patients, FINDINGS, method=method), {"edema": 0.05})
        site = Site(model=reference_to(model), calibration=fit.calibrations)
        again = read_site(write_site(tmp_path / "site.yaml", site), model)
        assert again == site
        for column, finding in enumerate(FINDINGS):
            q = again.calibrate(finding, p[:, column])
            np.testing.assert_array_equal(q, fit.calibrations[finding](p[:, column]))
            assert ((q >= 0) & (q <= 1)).all()


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"method": "plat"}, ConfigError, "method is 'plat'; use auto, temperature, platt, beta, isotonic"),
        ({"folds": 1}, ConfigError, "folds is 1; give 2 or more"),
        ({"minimum": 0}, ConfigError, "minimum is 0; give 1 or more"),
        ({"probabilities": np.full((600, 3), 1.5)}, LucencyError, "'edema' in row 0 is 1.5; .* apply the sigmoid"),
        ({"probabilities": np.full((600, 3), np.nan)}, LucencyError, "'edema' in row 0 is nan"),
        ({"targets": np.full((600, 3), 0.5)}, LabelError, "'edema' in row 0 is 0.5; .*soft targets are for training"),
        ({"targets": np.full((600, 3), -1)}, LabelError, "'edema' in row 0 is -1"),
        ({"patients": [None] * 600}, TableError, "patient id in row 0 is missing"),
        ({"findings": ["edema"]}, LucencyError, "1 finding names for 3 columns"),
    ],
)
def test_nonsense_is_refused_by_name(changes, error, said):
    p, y, patients = cohort()
    given = {"probabilities": p, "targets": y, "patients": patients, "findings": FINDINGS} | changes
    with pytest.raises(error, match=said):
        fit_calibration(**given)


def test_measures_are_of_cross_fitted_probabilities_and_the_same_resamples():
    p, y, patients = cohort()
    y[:, 2] = np.nan
    fit = correct_prior(fit_calibration(p, y, patients, FINDINGS), {"mass": 0.1})
    table = measure_calibration(fit, replicates=50, seed=2).set_index("finding")
    for name, metric in (("log_loss", log_loss), ("brier", brier_score), ("ece", expected_calibration_error)):
        np.testing.assert_allclose(table[f"{name}_raw"], metric(p, y).values)
        np.testing.assert_allclose(table[f"{name}_calibrated"], metric(fit.cross_fitted, y).values)
    raw, calibrated = (calibration_intervals(q, y, patients, replicates=50, seed=2) for q in (p, fit.cross_fitted))
    differences = (calibrated.log_loss.samples - raw.log_loss.samples)[:, 0]
    expected = np.quantile(differences, [0.025, 0.975])
    bounds = table.loc["edema", ["log_loss_difference_low", "log_loss_difference_high"]]
    np.testing.assert_allclose(bounds.tolist(), expected)
    assert table["site_prevalence"].tolist() == pytest.approx([np.nan, 0.1, np.nan], nan_ok=True)
    assert table.loc["nodule", ["log_loss_raw", "log_loss_raw_low", "prevalence"]].isna().all()
    assert table["calibration"].tolist() == [fit.calibrations[finding].name for finding in FINDINGS]
