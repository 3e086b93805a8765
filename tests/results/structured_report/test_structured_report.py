"""What a report holds: written, read back, compared."""

from decimal import Decimal

import pydicom
import pytest

from lucency.errors import LucencyError
from lucency.results.schema import NOTICE, FindingResult, GuardResult, ImageResult
from lucency.results.source_header import source_header
from lucency.results.structured_report import read_structured_report, structured_report

PROBABILITIES = [0.0, 1.0, 1e-12, 3e-8, 0.123456789012345, 1 / 3, 0.5, 0.99999999, 0.07]


def stored(report, path):
    """Write a data set and read it with the package's reader and with pydicom."""
    report.save_as(path, enforce_file_format=True)
    return read_structured_report(path), pydicom.dcmread(path)


def nine_digits(value):
    return None if value is None else float(Decimal(f"{100 * value:.9g}") / 100)


def as_stored(finding):
    """The finding with every probability cut to nine significant digits, by other means than the package's."""
    numbers = {name: nine_digits(getattr(finding, name)) for name in ("probability", "raw_probability", "threshold")}
    return finding.model_copy(update=numbers)


@pytest.mark.parametrize("sop_class", ["Comprehensive3DSR", "ComprehensiveSR"])
@pytest.mark.parametrize("guard", ["accept", "warning", "not_run"])
@pytest.mark.parametrize("decided", [True, False])
def test_written_and_read_back_is_equal(radiograph, model, result, tmp_path, elements, sop_class, guard, decided):
    undecided = {} if decided else {"decision": None, "threshold": None, "operating_point": None, "calibration": "none"}
    reasons = ("x = y; Ü",) if guard == "warning" else ()
    result = result.model_copy(
        update={
            "guard": GuardResult(outcome=guard, reasons=reasons),
            "findings": tuple(finding.model_copy(update=undecided) for finding in result.findings),
        }
    )
    run = {"site": "cd" * 32, "backend": "openvino", "precision": "fp32", "guard_rules": {}}
    report = structured_report(result, source_header(radiograph()), model, run=run, sop_class=sop_class)
    content, _ = stored(report, tmp_path / "sr.dcm")
    assert content.findings == tuple(map(as_stored, result.findings))
    assert content.guard == result.guard
    assert content.notice == NOTICE
    assert (content.model_name, content.model_version) == (model.name, model.version)
    assert content.parameters == {
        "fingerprint": model.fingerprint,
        "weights_sha256": model.weights_sha256,
        "site_sha256": "cd" * 32,
        "backend": "openvino",
        "precision": "fp32",
    }
    assert content.image_uid == elements["SOPInstanceUID"]
    assert content.study_instance_uid == elements["StudyInstanceUID"]


def test_probabilities_keep_nine_digits_in_a_decimal_string(radiograph, model, tmp_path):
    findings = tuple(
        FindingResult(finding=f"finding_{index}", probability=value, raw_probability=1 - value)
        for index, value in enumerate(PROBABILITIES)
    )
    report = structured_report(
        ImageResult(file="x", status="ok", findings=findings), source_header(radiograph()), model
    )
    content, dataset = stored(report, tmp_path / "sr.dcm")
    for written, read in zip(findings, content.findings, strict=True):
        assert read.finding == written.finding
        assert read.probability == pytest.approx(written.probability, rel=1e-8, abs=0)
        assert read.raw_probability == pytest.approx(written.raw_probability, rel=1e-8, abs=0)
    numbers = [e for e in dataset.iterall() if e.keyword == "NumericValue"]
    assert len(numbers) >= 2 * len(findings)
    assert all(len(str(number.value)) <= 16 for number in numbers)


def test_highdicom_reads_one_measurement_a_finding(radiograph, model, result, tmp_path, elements):
    from highdicom.sr import Comprehensive3DSR
    from pydicom.sr.codedict import codes

    report = structured_report(result, source_header(radiograph()), model)
    _, dataset = stored(report, tmp_path / "sr.dcm")
    groups = Comprehensive3DSR.from_dataset(dataset).content.get_image_measurement_groups()
    assert [group.tracking_identifier for group in groups] == [f.finding for f in result.findings]
    for group, finding in zip(groups, result.findings, strict=True):
        (measurement,) = group.get_measurements()
        assert measurement.value == pytest.approx(100 * finding.probability, rel=1e-8)
        assert measurement.unit == codes.UCUM.Percent
        (presence,) = group.get_qualitative_evaluations()
        assert presence.value.meaning.lower() == finding.decision
        assert group.source_images[0].referenced_sop_instance_uid == elements["SOPInstanceUID"]


def test_patient_study_and_flags(radiograph, model, result, tmp_path, elements):
    _, dataset = stored(structured_report(result, source_header(radiograph()), model), tmp_path / "sr.dcm")
    for keyword in (
        "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientAge",
        "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "StudyDescription", "AccessionNumber",
        "ReferringPhysicianName",
    ):  # fmt: skip
        assert dataset[keyword].value == elements[keyword], keyword
    assert (dataset.Modality, dataset.CompletionFlag, dataset.PreliminaryFlag, dataset.VerificationFlag) == (
        "SR", "COMPLETE", "PRELIMINARY", "UNVERIFIED",
    )  # fmt: skip
    assert dataset.SeriesNumber >= 9900
    assert "NOT FOR CLINICAL USE" in dataset.SeriesDescription
    assert (dataset.ManufacturerModelName, dataset.SoftwareVersions) == (model.name, model.version)
    ours = next(e for e in dataset.ContributingEquipmentSequence if "DeviceUID" in e)
    assert (ours.ManufacturerModelName, ours.SoftwareVersions) == (model.name, model.version)
    (scheme,) = dataset.CodingSchemeIdentificationSequence
    used = {e.value for e in dataset.iterall() if e.keyword == "CodingSchemeDesignator" and e.value.startswith("99")}
    assert used == {scheme.CodingSchemeDesignator}
    (study,) = dataset.CurrentRequestedProcedureEvidenceSequence
    assert study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.2.3.4.5.6"


def test_clinical_use_takes_the_statement_away_and_nothing_else(radiograph, model, result, tmp_path):
    header = source_header(radiograph())
    content, dataset = stored(structured_report(result, header, model, clinical_use=True), tmp_path / "sr.dcm")
    assert content.notice == ""
    assert "NOT" not in dataset.SeriesDescription
    assert dataset.PreliminaryFlag == "PRELIMINARY"
    assert content.findings == stored(structured_report(result, header, model), tmp_path / "other.dcm")[0].findings


def test_report_with_nothing_to_say_of_the_whole(radiograph, model, tmp_path):
    finding = FindingResult(finding="mass", probability=0.2, raw_probability=0.2)
    bare = ImageResult(file="a.dcm", status="ok", findings=(finding,))
    content, dataset = stored(
        structured_report(bare, source_header(radiograph()), model, clinical_use=True), tmp_path / "sr.dcm"
    )
    assert (content.findings, content.guard, content.notice) == ((finding,), GuardResult(), "")
    assert not [e for e in dataset.iterall() if e.keyword == "ContentSequence" and not e.value]


@pytest.mark.parametrize("missing", ["PatientOrientation", "ImagerPixelSpacing", "Modality"])
def test_image_library_takes_what_there_is(radiograph, model, result, tmp_path, missing):
    def described(**changed):
        report = structured_report(result, source_header(radiograph(**changed)), model)
        _, dataset = stored(report, tmp_path / "sr.dcm")
        return {e.value for e in dataset.iterall() if e.keyword == "CodeMeaning"}

    spacing = {"Horizontal Pixel Spacing", "Vertical Pixel Spacing", "Patient Orientation Row"}
    assert {"Pixel Data Rows", "Pixel Data Columns", *spacing} <= described()
    assert "Pixel Data Rows" in described(**{missing: None})
    assert (spacing <= described(**{missing: None})) == (missing == "Modality")
    assert not spacing & described(ImagerPixelSpacing="0.14")
    assert not spacing & described(PatientOrientation="LF")


@pytest.mark.parametrize(
    ("decisions", "code"),
    [(("present", None), "111242"), (("absent", "absent"), "111241"), (("absent", None), None), ((None, None), None)],
)
def test_summary_says_no_more_than_the_decisions(radiograph, model, result, tmp_path, decisions, code):
    findings = tuple(
        finding.model_copy(update={"decision": decision})
        for finding, decision in zip(result.findings[:2], decisions, strict=True)
    )
    result = result.model_copy(update={"findings": findings})
    _, dataset = stored(structured_report(result, source_header(radiograph()), model), tmp_path / "sr.dcm")
    values = [e.value for e in dataset.iterall() if e.keyword == "CodeValue"]
    assert [value for value in values if value in ("111241", "111242")] == ([code] if code else [])


def test_report_of_fourteen_findings_is_small(radiograph, model, result, tmp_path):
    stored(structured_report(result, source_header(radiograph()), model), tmp_path / "sr.dcm")
    assert len(result.findings) == 14
    assert (tmp_path / "sr.dcm").stat().st_size < 100_000


def test_what_cannot_be_reported_says_why(radiograph, model, result):
    header = source_header(radiograph())
    with pytest.raises(LucencyError, match="'TextSR' is unknown; choose Comprehensive3DSR or ComprehensiveSR"):
        structured_report(result, header, model, sop_class="TextSR")
    refused = ImageResult(file="a.dcm", status="refused", reason="not a chest")
    with pytest.raises(LucencyError, match=r"a\.dcm: status refused has no finding to report"):
        structured_report(refused, header, model)
    plan = source_header(radiograph(SOPClassUID="1.2.840.10008.5.1.4.1.1.481.5"))
    with pytest.raises(LucencyError, match=r"study/chest\.dcm: .* SOPClassUID: RT Plan Storage is no image"):
        structured_report(result, plan, model)
    del header.Rows
    with pytest.raises(LucencyError, match="Rows or Columns is missing"):
        structured_report(result, header, model)


def test_reader_refuses_what_is_no_report_of_ours(radiograph, tmp_path, real_data):
    (tmp_path / "text.dcm").write_text("no DICOM")
    others = [tmp_path / "text.dcm", radiograph(), *sorted((real_data / "dicom_corpus" / "non_image").glob("SR_*.dcm"))]
    assert len(others) == 5
    for path in others:
        with pytest.raises(LucencyError, match=rf"{path.name}: cannot be read as a structured report .*; give a file"):
            read_structured_report(path)
