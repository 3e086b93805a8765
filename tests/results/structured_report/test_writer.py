"""Files of a run: named, idempotent, never in place of something else; and nothing of a patient in a log."""

import logging
import shutil
import warnings

import pydicom
import pytest

from lucency.errors import LucencyError
from lucency.results.structured_report import StructuredReports, read_structured_report


@pytest.fixture
def reports(tmp_path, model):
    return StructuredReports(folder=tmp_path / "sr", model=model, run={"site": "cd" * 32})


def test_same_answer_leaves_the_same_bytes(reports, radiograph, result, tmp_path):
    source, target = radiograph(), tmp_path / "sr" / "study" / "chest.dcm"
    reports.write(result, source)
    first, written = target.read_bytes(), target.stat().st_mtime_ns
    reports.write(result, source)
    assert target.read_bytes() == first
    assert target.stat().st_mtime_ns == written


def test_other_answer_replaces_the_file_under_the_same_identity(reports, radiograph, result, tmp_path):
    source, target = radiograph(), tmp_path / "sr" / "study" / "chest.dcm"
    reports.write(result, source)
    before = read_structured_report(target)
    finding = result.findings[0].model_copy(update={"probability": 0.123})
    reports.write(result.model_copy(update={"findings": (finding, *result.findings[1:])}), source)
    after = read_structured_report(target)
    assert after.findings[0].probability == 0.123
    assert (after.sop_instance_uid, after.findings[1:]) == (before.sop_instance_uid, before.findings[1:])


def test_corrected_patient_replaces_the_file(reports, radiograph, result, tmp_path):
    reports.write(result, radiograph())
    reports.write(result, radiograph(PatientID="corrected"))
    assert pydicom.dcmread(tmp_path / "sr" / "study" / "chest.dcm").PatientID == "corrected"


@pytest.mark.parametrize(
    ("file", "neighbour", "name"),
    [
        ("a/b.dcm", None, "a/b.dcm"),
        ("a/b.DCM", None, "a/b.DCM"),
        ("a/b", None, "a/b.dcm"),
        ("a/b.ima", None, "a/b.ima.dcm"),
        ("a/b", "b.dcm", "a/b.sr.dcm"),
    ],
)
def test_every_radiograph_has_a_report_of_its_own(reports, radiograph, result, tmp_path, file, neighbour, name):
    source = radiograph(file)
    if neighbour:
        shutil.copy(source, source.with_name(neighbour))
    reports.write(result.model_copy(update={"file": file}), source)
    assert [str(p.relative_to(tmp_path / "sr")) for p in (tmp_path / "sr").rglob("*") if p.is_file()] == [name]


def test_radiograph_is_never_overwritten(model, radiograph, result):
    source = radiograph("study/chest.dcm")
    content = source.read_bytes()
    reports = StructuredReports(folder=source.parent.parent, model=model)
    with pytest.raises(LucencyError, match=r"study/chest\.dcm: is there and is no report of Lucency's; choose another"):
        reports.write(result, source)
    assert source.read_bytes() == content


def test_report_of_another_system_is_never_overwritten(reports, radiograph, result, tmp_path):
    source, target = radiograph(), tmp_path / "sr" / "study" / "chest.dcm"
    reports.write(result, source)
    other = pydicom.dcmread(target)
    other.Manufacturer = "Other"
    other.save_as(target)
    content = target.read_bytes()
    with pytest.raises(LucencyError, match="no report of Lucency's"):
        reports.write(result, source)
    assert target.read_bytes() == content


def test_png_is_refused_with_the_mend(reports, result, tmp_path):
    source = tmp_path / "chest.png"
    source.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(300))
    with pytest.raises(LucencyError, match=r"chest\.png: has no DICOM header .*; give DICOM files"):
        reports.write(result, source)
    assert not (tmp_path / "sr").exists()


def test_unknown_class_is_refused_before_anything_is_read(model):
    with pytest.raises(LucencyError, match="'X' is unknown; choose"):
        StructuredReports(folder="x", model=model, sop_class="X")


def test_absent_highdicom_is_named(model, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LucencyError, match=r"pip install 'lucency\[sr\]'"):
        StructuredReports(folder="x", model=model)


def test_nothing_of_a_patient_is_logged(reports, radiograph, result, caplog):
    with warnings.catch_warnings(action="ignore"):
        source = radiograph(PatientName="Odd Name", ReferringPhysicianName="ward", StudyID="S" * 30)
    caplog.clear()
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        reports.write(result, source)
        reports.write(result, source)
    assert not caplog.records
    assert not [
        str(remark.message) for remark in remarks if "pydicom" in remark.filename or "highdicom" in remark.filename
    ]


def test_other_programs_keep_their_log(reports, radiograph, result, caplog):
    reports.write(result, radiograph())
    with caplog.at_level(logging.INFO):
        logging.getLogger("highdicom.base").info("kept")
    assert [record.message for record in caplog.records] == ["kept"]
