"""What a site does to one image's probabilities: calibration first, then the decision; unknown stays unknown."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lucency.inference.calibration_maps import BetaMap, IdentityMap, IsotonicMap, PlattMap, TemperatureMap
from lucency.inference.site import (
    Evidence,
    Figure,
    FindingCalibration,
    ModelReference,
    OperatingPoint,
    PriorShift,
    Site,
)
from lucency.results.schema import FindingResult

MODEL = ModelReference(name="bundle", version="1", fingerprint="0a")
EVIDENCE = Evidence(positives=30, negatives=70, patients=80)
MAPS = [
    IdentityMap(),
    TemperatureMap(temperature=2),
    PlattMap(slope=0.8, intercept=-1),
    BetaMap(a=0.7, b=1.2, c=0.3),
    IsotonicMap(x=(0.1, 0.5), y=(0.0, 0.4)),
]
SHARES = st.floats(0.001, 0.999)


def site(calibration=None, **point):
    points = {"mass": OperatingPoint(**point)} if point else {}
    return Site(model=MODEL, calibration={"mass": calibration} if calibration else {}, operating_points=points)


def test_without_an_entry_the_networks_probability_is_passed_on_and_nothing_is_decided():
    (result,) = site().assess(["mass"], [0.37])
    assert result == FindingResult(finding="mass", probability=0.37, raw_probability=0.37)
    assert (result.calibration, result.decision, result.threshold, result.operating_point) == ("none", None, None, None)


def test_results_keep_the_order_of_the_findings():
    results = site(threshold=0.5, rule="youden").assess(["edema", "mass", "nodule"], [0.1, 0.9, 0.3])
    assert [(r.finding, r.raw_probability, r.decision) for r in results] == [
        ("edema", 0.1, None), ("mass", 0.9, "present"), ("nodule", 0.3, None),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="zip"):
        site().assess(["edema", "mass"], [0.1])


@pytest.mark.parametrize(
    ("raw", "decision"), [(0.3, "present"), (np.nextafter(0.3, 0), "absent"), (1.0, "present"), (0.0, "absent")]
)
def test_present_begins_at_the_threshold_itself(raw, decision):
    (result,) = site(threshold=0.3, rule="sensitivity", target=0.95).assess(["mass"], [raw])
    assert (result.decision, result.threshold, result.operating_point) == (decision, 0.3, "sensitivity 0.95")


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_the_ends_of_the_range_are_thresholds_too(threshold):
    decisions = [r.decision for r in site(threshold=threshold, rule="given").assess(["mass"], [1.0])]
    assert decisions == ["present"]
    (zero,) = site(threshold=threshold, rule="given").assess(["mass"], [0.0])
    assert zero.decision == ("present" if threshold == 0 else "absent")


def test_the_threshold_is_of_the_calibrated_probability_and_both_are_reported():
    calibration = FindingCalibration(map=PlattMap(slope=1, intercept=-2), evidence=EVIDENCE)
    (result,) = site(calibration, threshold=0.4, rule="youden").assess(["mass"], [0.5])
    assert result.probability == pytest.approx(1 / (1 + math.exp(2)))
    assert (result.raw_probability, result.decision, result.calibration) == (0.5, "absent", "platt")


@pytest.mark.parametrize("map_", MAPS, ids=lambda m: m.method)
@pytest.mark.parametrize("prior", [None, PriorShift(fitted=0.2, site=0.05)])
def test_nan_stays_nan_among_numbers_of_any_shape(map_, prior):
    calibrated = site(FindingCalibration(map=map_, evidence=EVIDENCE, prior=prior))
    p = np.array([[0.2, np.nan], [0.0, 1.0]])
    result = calibrated.calibrate("mass", p)
    assert np.isnan(result).tolist() == [[False, True], [False, False]]
    assert (result[~np.isnan(result)] >= 0).all()
    assert (result[~np.isnan(result)] <= 1).all()
    np.testing.assert_array_equal(calibrated.calibrate("edema", p), p)


@pytest.mark.parametrize("map_", MAPS, ids=lambda m: m.method)
def test_calibration_keeps_the_order_of_images(map_):
    calibration = FindingCalibration(map=map_, evidence=EVIDENCE, prior=PriorShift(fitted=0.3, site=0.1))
    assert (np.diff(calibration(np.linspace(0, 1, 1001))) >= 0).all()


@given(SHARES, st.floats(0, 1))
def test_equal_prevalence_shifts_nothing(prevalence, p):
    assert PriorShift(fitted=prevalence, site=prevalence)(np.array(p)) == pytest.approx(p, abs=1e-12)


@given(SHARES, SHARES, SHARES)
def test_the_prior_shift_multiplies_the_odds(fitted, at_site, p):
    odds = p / (1 - p) * (at_site / (1 - at_site)) / (fitted / (1 - fitted))
    shifted = PriorShift(fitted=fitted, site=at_site)(np.array(p))
    assert shifted == pytest.approx(odds / (1 + odds), rel=1e-9)
    assert PriorShift(fitted=at_site, site=fitted)(shifted) == pytest.approx(p, rel=1e-6)


def test_certainty_survives_a_prior_shift_without_a_warning(recwarn):
    assert PriorShift(fitted=0.5, site=0.01)(np.array([0.0, 1.0])).tolist() == [0, 1]
    assert not recwarn.list


def test_a_result_says_what_was_done_to_the_probability():
    shift = PriorShift(fitted=0.2, site=0.1)
    names = [
        FindingCalibration(map=map_, shared=shared, prior=prior, evidence=EVIDENCE).name
        for map_, shared, prior in [(MAPS[0], False, None), (MAPS[1], True, None), (MAPS[3], False, shift)]
    ]
    assert names == ["none", "shared temperature", "beta with prior shift"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: OperatingPoint(threshold=1.01, rule="youden"),
        lambda: OperatingPoint(threshold=math.nan, rule="youden"),
        lambda: OperatingPoint(threshold=0.5, rule="best"),
        lambda: OperatingPoint(threshold=0.5, rule="ppv", target=2),
        lambda: OperatingPoint(threshold=0.5, rule="youden", folds=1),
        lambda: OperatingPoint(threshold=0.5, rule="youden", note="mine"),
        lambda: Figure(value=0.5, low=-0.1, high=1),
        lambda: Evidence(positives=-1, negatives=0, patients=0),
        lambda: PriorShift(fitted=0, site=0.5),
        lambda: PriorShift(fitted=0.5, site=1),
        lambda: FindingCalibration(map={"method": "platt", "slope": -1, "intercept": 0}, evidence=EVIDENCE),
    ],
)
def test_entries_outside_their_range_cannot_be_made(make):
    with pytest.raises(ValidationError):
        make()
