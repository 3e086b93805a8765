"""Operating points of a report against counting."""

import numpy as np
import pytest

from lucency.commands.report_sources import decider
from lucency.errors import ConfigError
from lucency.inference import site_for, write_site
from lucency.inference.calibration_maps import PlattMap
from lucency.inference.operating_points import parse_rules, set_operating_points
from lucency.inference.site import Evidence, FindingCalibration, OperatingPoint
from lucency.results.model_identity import ModelIdentity
from references import operating_points, resampling

FIGURES = ("sensitivity", "specificity", "ppv", "npv", "alert_rate")
REPLICATES, SEED = 30, 1
MODEL = ModelIdentity(name="bundle", version="1", findings=("edema", "mass", "hernia"), weights_sha256=None)


def decisions(images, site, rules, *, replicates, seed, model=MODEL):
    return decider(site, rules, replicates=replicates, seed=seed)(images, model)


@pytest.fixture
def site(evaluation):
    """A site file that calibrates edema and has a point of it, beside the scores of its model."""
    calibration = FindingCalibration(
        map=PlattMap(slope=0.5, intercept=-0.2), evidence=Evidence(positives=1, negatives=1, patients=2)
    )
    point = OperatingPoint(threshold=0.4, rule="given")
    content = site_for(MODEL).model_copy(
        update={"calibration": {"edema": calibration}, "operating_points": {"edema": point}}
    )
    return write_site(evaluation / "site.yaml", content)


def test_points_of_a_site_are_measured_as_they_stand(images, site):
    decided = decisions(images, site, [], replicates=REPLICATES, seed=SEED)
    (point,) = decided.points
    logits = np.log(images.raw[:, 0] / (1 - images.raw[:, 0]))
    calibrated = 1 / (1 + np.exp(-(0.5 * logits - 0.2)))
    np.testing.assert_allclose(decided.calibrate("edema", images.raw[:, 0]), calibrated)
    called, targets = (calibrated >= 0.4).astype(float), images.targets[:, 0]
    assert (point.finding, point.threshold, point.rule, point.chosen_here) == ("edema", 0.4, "given", False)
    assert decided.calibration == "site.yaml"
    for name in FIGURES:

        def measure(rows, name=name):
            value = operating_points.figures(called[rows], targets[rows])[name]
            return float("nan") if value is None else value

        found = getattr(point, name)
        assert 0 < found.value < 1
        assert found.value == pytest.approx(measure(list(range(len(targets)))))
        low, high = resampling.interval(measure, images.patients, REPLICATES, SEED)
        assert (found.low, found.high) == pytest.approx((low, high))


def test_figures_of_a_point_are_those_that_its_site_file_was_written_with(images, evaluation):
    settings = {"replicates": REPLICATES, "seed": SEED}
    site = set_operating_points(images.table, site_for(MODEL), parse_rules(["edema:given=0.4"]), folds=0, **settings)
    (point,) = decisions(images, write_site(evaluation / "site.yaml", site.site), [], **settings).points
    for name in FIGURES:
        figure, written = (getattr(of, name) for of in (point, site.site.operating_points["edema"]))
        assert (figure.value, figure.low, figure.high) == (written.value, written.low, written.high)


def test_rules_choose_points_that_the_site_lacks(images, site):
    points = decisions(images, site, ["specificity=0.6"], replicates=5, seed=SEED).points
    assert [(point.finding, point.rule, point.chosen_here) for point in points] == [
        ("edema", "given", False),
        ("mass", "specificity 0.6", True),
        ("hernia", "specificity 0.6", True),
    ]
    assert points[2].threshold is None
    assert "at least 20 of each needed" in points[2].note


def test_without_a_site_youden_is_measured_across_folds(images):
    decided = decisions(images, None, [], replicates=5, seed=SEED)
    assert decided.calibrate is None
    assert [point.rule for point in decided.points] == ["youden"] * 3
    assert "across 5 parts of the patients" in decided.points[0].origin
    assert decisions(images, None, ["none"], replicates=5, seed=SEED).points == []


def test_a_site_of_another_model_is_refused(images, site):
    for model, message in (
        (MODEL.model_copy(update={"version": "2"}), "made for model version 1, but this is 2"),
        (None, "whose scores they are is not known"),
    ):
        with pytest.raises(ConfigError, match=message):
            decisions(images, site, [], replicates=5, seed=SEED, model=model)
