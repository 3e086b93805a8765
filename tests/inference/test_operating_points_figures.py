"""Figures against counting image by image, intervals against resampling one by one."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from lucency.errors import ConfigError, TableError
from lucency.inference import site_for
from lucency.inference.operating_points import parse_rules, set_operating_points
from lucency.inference.operating_points.measured_figures import FIGURES, measure_figures
from lucency.metrics import bootstrap_intervals, resampling
from lucency.metrics.resampling import patient_weights
from lucency.results.model_identity import ModelIdentity
from references.operating_points import figures as reference

NAN = np.nan


def cohort(images=120, findings=3, patients=30, seed=0):
    rng = np.random.default_rng(seed)
    decisions = np.where(rng.random((images, findings)) < 0.1, NAN, rng.random((images, findings)) < 0.4)
    targets = np.where(rng.random((images, findings)) < 0.2, NAN, rng.random((images, findings)) < 0.3)
    return decisions, targets, rng.integers(patients, size=images)


def test_figures_and_intervals_are_those_of_counting_every_resample():
    decisions, targets, patients = cohort()
    measured = measure_figures(decisions, targets, patients, replicates=150, seed=4, level=0.9)
    names = np.unique(patients.astype(str)).tolist()
    for finding in range(3):
        point = reference(decisions[:, finding], targets[:, finding])
        samples = {name: [] for name in FIGURES}
        for replicate in range(150):
            drawn = patient_weights(len(names), seed=4, replicate=replicate)
            weights = [int(drawn[names.index(str(patient))]) for patient in patients]
            for name, value in reference(decisions[:, finding], targets[:, finding], weights).items():
                samples[name] += [] if value is None else [value]
        for name, figure in measured[finding].items():
            assert figure.value == pytest.approx(point[name], abs=1e-12)
            expected = np.quantile(samples[name], [0.05, 0.95])
            assert [figure.low, figure.high] == pytest.approx(expected.tolist(), abs=1e-12)


def test_intervals_of_a_site_are_those_of_the_ranking_metrics_for_the_same_scores_and_seed():
    """Nobody without the finding is called present, so the area under the decisions is half of 1 + sensitivity."""
    rng = np.random.default_rng(2)
    present = rng.random(120) < 0.4
    found = present & (rng.random(120) < 0.7)
    frame = pd.DataFrame({"patient": np.repeat(np.arange(40), 3), "target_mass": present, "probability_mass": found})
    site = site_for(ModelIdentity(name="bundle", version="1", findings=("mass",), weights_sha256=None))
    settings = {"replicates": 150, "seed": 4}
    points = set_operating_points(frame, site, parse_rules(["given=0.5"]), folds=0, **settings)
    sensitivity = points.site.operating_points["mass"].sensitivity
    area = bootstrap_intervals(found[:, None], present[:, None], frame.patient, **settings).auroc
    bounds = [2 * area.low.item() - 1, 2 * area.high.item() - 1]
    assert [sensitivity.low, sensitivity.high] == pytest.approx(bounds, abs=1e-12)


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_block_size_changes_nothing(at_once, monkeypatch):
    expected = measure_figures(*cohort(), replicates=20)
    monkeypatch.setattr(resampling, "RESAMPLES_AT_ONCE", at_once)
    assert measure_figures(*cohort(), replicates=20) == expected


def test_what_is_undefined_is_none_and_warns_nobody():
    decisions, targets = np.array([[0.0, NAN], [0.0, NAN]]), np.array([[NAN, 1.0], [0.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = measure_figures(decisions, targets, ["a", "b"], replicates=10)
    assert first["sensitivity"] is first["ppv"] is None
    assert first["npv"].value == first["specificity"].value == 1
    assert first["alert_rate"].value == 0
    assert set(second.values()) == {None}


@pytest.mark.parametrize("decision", [1.0, 0.0])
def test_a_perfect_figure_has_the_exact_interval_of_its_patients_not_of_its_images(decision):
    n = 25
    decisions, targets = np.full((3 * n, 1), decision), np.ones((3 * n, 1))
    (measured,) = measure_figures(decisions, targets, np.repeat(np.arange(n), 3), replicates=10)
    exact = binomtest(int(n * decision), n).proportion_ci(0.95, method="exact")
    sensitivity = measured["sensitivity"]
    assert (sensitivity.value, sensitivity.low, sensitivity.high) == pytest.approx((decision, exact.low, exact.high))


def test_images_of_a_patient_stay_together():
    decisions, targets, patients = (np.repeat(part, 9, axis=0) for part in cohort(images=60, findings=1))
    (by_patient,) = measure_figures(decisions, targets, patients, replicates=300)
    (by_image,) = measure_figures(decisions, targets, np.arange(len(patients)), replicates=300)
    for name in FIGURES:
        assert by_patient[name].high - by_patient[name].low > 2 * (by_image[name].high - by_image[name].low)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng, trials, covered = np.random.default_rng(0), 200, 0
    for _ in range(trials):
        decisions = (rng.random((150, 1)) < 0.8).astype(float)
        (measured,) = measure_figures(decisions, np.ones((150, 1)), np.arange(150), replicates=200, level=0.9)
        covered += measured["sensitivity"].low <= 0.8 <= measured["sensitivity"].high
    assert 0.82 <= covered / trials <= 0.97  # binomial 0.1 % limits of 0.9, two points lower for percentile intervals


def test_patients_and_settings_are_checked():
    decisions, targets, patients = cohort()
    ids = patients.astype(object)
    ids[4] = None
    with pytest.raises(TableError, match="patient id in row 4 is missing"):
        measure_figures(decisions, targets, ids)
    with pytest.raises(ConfigError, match="replicates is 0"):
        measure_figures(decisions, targets, patients, replicates=0)
