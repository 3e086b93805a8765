"""Reports byte by byte against those whose content highdicom's templates make."""

import io
import time
import warnings
from datetime import datetime

import pydicom
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lucency.labels import NIH14, vocabulary
from lucency.results.model_identity import ModelIdentity
from lucency.results.schema import FindingResult, GuardResult, ImageResult
from lucency.results.source_header import source_header
from lucency.results.structured_report import structured_report
from references.structured_report import file_bytes, highdicom_report

MOMENT = datetime(2022, 3, 4, 5, 6, 7, 89)
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
SHARE = st.floats(0, 1) | st.sampled_from([0.0, 1.0, 1e-12, 3e-300, 1 / 3, 0.1 + 0.2])
CHANGES = {  # of the header; None takes the element away
    "SOPClassUID": [pydicom.uid.ComputedRadiographyImageStorage, pydicom.uid.SecondaryCaptureImageStorage],
    "SOPInstanceUID": ["1.2.34", "1." + "9" * 62],
    "FrameOfReferenceUID": ["1.2.840.3"],
    "PatientOrientation": [None, "", ["R", "H"], "L", ["LA", "FP"]],
    "ImagerPixelSpacing": [None, ["0.143000", "1e-1"], "0.2"],
    "Modality": [None, "CR"],
    "InstanceNumber": [None, "0", "77"],
    "PatientName": [None, "", "Müller^Jürgen", "Odd"],
    "PatientBirthDate": [None, ""],
    "PatientSex": [None, "O"],
    "StudyDate": [None],
    "StudyTime": [None, "101112.123"],
    "AccessionNumber": [None, "Ä-1"],
    "StudyDescription": [None, "Größe"],
    "ReferringPhysicianName": [None],
    "Manufacturer": [None],
    "IssuerOfPatientID": [None],
}


@st.composite
def findings(draw):
    """A finding of the vocabulary or of the bundle's own, with whatever may be said of it."""
    return FindingResult(
        finding=draw(st.sampled_from([*vocabulary().ids, "own", "own finding with a rather long name of its own"])),
        probability=draw(SHARE),
        raw_probability=draw(SHARE),
        calibration=draw(st.sampled_from(["none", "platt"]) | TEXT),
        decision=draw(st.sampled_from([None, "present", "absent"])),
        threshold=draw(st.none() | SHARE),
        operating_point=draw(st.none() | TEXT),
    )


RESULTS = st.builds(
    lambda found, guard: ImageResult(file="a.dcm", status="ok", findings=tuple(found), guard=guard),
    st.lists(findings(), min_size=1, max_size=4),
    st.builds(
        GuardResult,
        outcome=st.sampled_from(["accept", "warning", "not_run"]),
        reasons=st.lists(TEXT, max_size=2).map(tuple),
    ),
)
MODELS = st.builds(
    ModelIdentity,
    name=st.sampled_from(["b", "cxr_bundle"]) | TEXT.filter(str.isprintable).filter(str.strip),
    version=st.sampled_from(["0.1.0", "10"]),
    findings=st.just(("mass",)),
    weights_sha256=st.none() | st.just("ab" * 32),
)
RUNS = st.fixed_dictionaries({}, optional={key: st.none() | TEXT for key in ("site", "backend", "precision")})
HEADERS = st.fixed_dictionaries({}, optional={keyword: st.sampled_from(values) for keyword, values in CHANGES.items()})


def report_and_reference(result, header, model, run=None, clinical_use=False, sop_class="Comprehensive3DSR"):
    """Bytes of the report and of highdicom's."""
    report = structured_report(
        result, header, model, run=run, clinical_use=clinical_use, sop_class=sop_class, moment=MOMENT
    )
    slow = highdicom_report(report, result, header, model, run or {}, clinical_use, sop_class, MOMENT)
    return file_bytes(report), file_bytes(slow)


@given(RESULTS, HEADERS, MODELS, RUNS, st.booleans(), st.sampled_from(["Comprehensive3DSR", "ComprehensiveSR"]))
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would build thousands of slow reports
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_report_has_the_bytes_of_highdicom(radiograph, result, changes, model, run, clinical_use, sop_class):
    with warnings.catch_warnings(action="ignore"):
        header = source_header(radiograph(SpecificCharacterSet="ISO_IR 100", **changes))
        ours, theirs = report_and_reference(result, header, model, run, clinical_use, sop_class)
    assert ours == theirs


@pytest.mark.parametrize("sop_class", ["Comprehensive3DSR", "ComprehensiveSR"])
def test_full_report_has_the_bytes_of_highdicom(radiograph, model, result, sop_class):
    assert len(result.findings) == len(NIH14)
    ours, theirs = report_and_reference(result, source_header(radiograph()), model, sop_class=sop_class)
    assert ours == theirs


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 192", "Wang^XiaoDong=王^小东"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        ("ISO_IR 144", "Люкceмбypг^А"),
    ],
)
def test_every_character_set_has_the_bytes_of_highdicom(radiograph, model, result, charset, name):
    header = source_header(radiograph(SpecificCharacterSet=charset, PatientName=name))
    ours, theirs = report_and_reference(result, header, model)
    assert ours == theirs
    assert pydicom.dcmread(io.BytesIO(ours)).PatientName == name


def test_content_can_be_read_and_changed_before_it_is_written(radiograph, model, result):
    guard = GuardResult(outcome="warning", reasons=("Größe 王",))
    report = structured_report(
        result.model_copy(update={"guard": guard}), source_header(radiograph()), model, moment=MOMENT
    )
    untouched = file_bytes(report)
    texts = [element.value for element in report.iterall() if element.keyword == "TextValue"]
    assert "Größe 王" in texts
    assert file_bytes(report) == untouched
    del report.ContentSequence[1:]
    assert len(pydicom.dcmread(io.BytesIO(file_bytes(report))).ContentSequence) == 1


def test_report_costs_a_fraction_of_highdicoms(radiograph, model, result):
    header = source_header(radiograph())
    report = structured_report(result, header, model)

    def seconds(make):
        begun = time.process_time()
        file_bytes(make())
        return time.process_time() - begun

    theirs = (report, result, header, model, {}, False, "Comprehensive3DSR", MOMENT)
    pairs = [
        (seconds(lambda: structured_report(result, header, model)), seconds(lambda: highdicom_report(*theirs)))
        for _ in range(5)
    ]
    ours, slow = (min(times) for times in zip(*pairs, strict=True))
    assert ours < slow / 3
