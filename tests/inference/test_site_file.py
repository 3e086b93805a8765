"""Site files: a round trip, and one line for everything that can be wrong with one."""

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lucency.errors import ConfigError
from lucency.inference.calibration_maps import BetaMap, IdentityMap, IsotonicMap, PlattMap, TemperatureMap
from lucency.inference.site import Evidence, Figure, FindingCalibration, OperatingPoint, PriorShift, Site
from lucency.inference.site_file import read_site, reference_to, write_site
from lucency.results.model_identity import ModelIdentity

MODEL = ModelIdentity(name="bundle", version="1.0", findings=("edema", "mass"), weights_sha256="0a")
SHARES = st.floats(0, 1)
INSIDE = st.floats(1e-6, 1 - 1e-6)
FINITE = st.floats(-1e6, 1e6)
POSITIVE = st.floats(1e-6, 1e6)
EVIDENCE = st.builds(Evidence, **dict.fromkeys(("positives", "negatives", "patients"), st.integers(0, 10**6)))
STEPS = st.lists(SHARES, min_size=1, max_size=5, unique=True).map(lambda steps: tuple(sorted(steps)))
MAPS = st.one_of(
    st.just(IdentityMap()),
    st.builds(TemperatureMap, temperature=POSITIVE),
    st.builds(PlattMap, slope=POSITIVE, intercept=FINITE),
    st.builds(BetaMap, a=POSITIVE, b=POSITIVE, c=FINITE),
    STEPS.map(lambda steps: IsotonicMap(x=steps, y=steps)),
)
CALIBRATIONS = st.builds(
    FindingCalibration,
    map=MAPS,
    shared=st.booleans(),
    evidence=EVIDENCE,
    prior=st.none() | st.builds(PriorShift, fitted=INSIDE, site=INSIDE),
    reason=st.text(st.characters(exclude_categories=["C"])),
)
FIGURES = st.none() | st.builds(Figure, value=SHARES, low=SHARES, high=SHARES)
POINTS = st.builds(
    OperatingPoint,
    threshold=SHARES,
    rule=st.sampled_from(["youden", "sensitivity", "given"]),
    target=st.none() | SHARES,
    sensitivity=FIGURES,
    ppv=FIGURES,
    folds=st.none() | st.integers(2, 10),
    evidence=st.none() | EVIDENCE,
)
NAMES = st.sampled_from(MODEL.findings)


@given(st.dictionaries(NAMES, CALIBRATIONS), st.dictionaries(NAMES, POINTS))
def test_what_is_written_is_read_back_bit_by_bit(tmp_path_factory, calibration, points):
    site = Site(model=reference_to(MODEL), calibration=calibration, operating_points=points)
    path = write_site(tmp_path_factory.mktemp("site") / "site.yaml", site)
    assert read_site(path, MODEL) == read_site(path) == site


def test_a_decision_at_the_threshold_survives_the_file(tmp_path):
    for threshold in np.random.default_rng(0).random(50):
        site = Site(model=reference_to(MODEL), operating_points={"mass": {"threshold": threshold, "rule": "given"}})
        again = read_site(write_site(tmp_path / "site.yaml", site), MODEL)
        just_below = np.nextafter(threshold, 0)
        decisions = [again.assess(["mass"], [p])[0].decision for p in (threshold, just_below)]
        assert decisions == ["present", "absent"]


@pytest.fixture
def content():
    return {
        "format": "lucency-site/1",
        "model": reference_to(MODEL).model_dump(),
        "calibration": {
            "mass": {
                "map": {"method": "platt", "slope": 1.0, "intercept": 0.0},
                "evidence": {"positives": 30, "negatives": 40, "patients": 50},
            }
        },
        "operating_points": {"mass": {"threshold": 0.5, "rule": "given"}},
    }


def put(content, path, value):
    *parents, last = path
    for name in parents:
        content = content[name]
    content[last] = value


POINT = ["operating_points", "mass"]
CALIBRATION = ["calibration", "mass"]
GIVEN = {"threshold": 0.5, "rule": "given"}
NO_EVIDENCE = {"evidence": {"positives": 0, "negatives": 0, "patients": 0}}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ([*POINT, "threshold"], 1.2, r"operating_points.mass.threshold: .* than or equal to 1 \(found 1.2\)"),
        ([*POINT, "threshold"], -0.1, r"operating_points.mass.threshold: .* \(found -0.1\)"),
        ([*POINT, "threshold"], float("nan"), r"operating_points.mass.threshold: .* finite"),
        ([*POINT, "threshold"], "high", r"operating_points.mass.threshold: .* \(found high\)"),
        ([*POINT, "treshold"], 0.5, "operating_points.mass.treshold: Extra inputs"),
        (POINT, {"rule": "given"}, "operating_points.mass.threshold: Field required"),
        ([*POINT, "rule"], "best", "operating_points.mass.rule: "),
        ([*CALIBRATION, "map", "method"], "magic", "calibration.mass.map: .*'magic'"),
        ([*CALIBRATION, "map", "slope"], -1, "calibration.mass.map.platt.slope: "),
        ([*CALIBRATION, "prior"], {"fitted": 0, "site": 0.5}, "calibration.mass.prior.fitted: "),
        (["thresholds"], {"mass": 0.5}, "thresholds: Extra inputs"),
        (["format"], "lucency-site/9", r"format: .*lucency-site/1.* \(found lucency-site/9\)"),
        (["model"], {"name": "bundle"}, "model.version: Field required"),
        (["operating_points", "mas"], GIVEN, "the model has no finding 'mas'; did you mean 'mass'"),
        (["calibration", "oedema"], NO_EVIDENCE, "the model has no finding 'oedema'; did you mean 'edema'"),
        (["model", "name"], "other", "made for model name other, but this is bundle; make the file again with lucency"),
        (["model", "version"], "0.9", "made for model version 0.9, but this is 1.0; make the file again"),
        (
            ["model", "fingerprint"],
            "ff",
            r"made for model fingerprint ff, but this is \w{60} \(other weights, findings",
        ),
    ],
)
def test_every_mistake_is_one_line_with_file_and_key(path, value, message, content, tmp_path):
    file = tmp_path / "site.yaml"
    put(content, path, value)
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=f"site.yaml: {message}") as caught:
        read_site(file, MODEL)
    assert "\n" not in str(caught.value)


def test_the_unspoilt_file_is_fine(content, tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(yaml.safe_dump(content))
    assert read_site(file, MODEL).operating_points["mass"].threshold == 0.5


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (b"a: [", "is no YAML"),
        (b"a: 1\na: !!python/object:os.system x", "is no YAML"),
        (b"\xff\xfe\x00\x81", "is no YAML"),
        (b"", "maps no names to values; make the file again"),
        (b"- mass", "maps no names to values"),
    ],
)
def test_a_file_of_something_else_is_refused(written, message, tmp_path):
    file = tmp_path / "site.yaml"
    file.write_bytes(written)
    with pytest.raises(ConfigError, match=f"site.yaml: {message}") as caught:
        read_site(file, MODEL)
    assert "\n" not in str(caught.value)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"site.yaml: cannot be read \(No such file or directory\); make the"):
        read_site(tmp_path / "site.yaml")
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        read_site(tmp_path)


def test_the_file_is_readable_for_people(tmp_path):
    site = Site(model=reference_to(MODEL), operating_points={"mass": {"threshold": 0.25, "rule": "youden"}})
    text = write_site(tmp_path / "site.yaml", site).read_text()
    assert text.startswith("# ")
    assert "    threshold: 0.25\n    rule: youden\n" in text
