"""Verdicts from DICOM SR: our report, judged by a reader, comes back as what the reader says."""

import copy
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest

pytest.importorskip("highdicom")

from lucency.errors import LucencyError
from lucency.refine.worklists import RejectedVerdictsError, assessment_report, read_assessments, record_verdicts
from lucency.results.model_identity import ModelIdentity
from lucency.results.schema import FindingResult, ImageResult
from lucency.results.source_header import source_header
from lucency.results.structured_report import structured_report

MOMENT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
MODEL = ModelIdentity(name="cxr_bundle", version="1.2.3", findings=("effusion", "mass"), weights_sha256=None)


def report_of(site, name):
    """Our report: an effusion, no mass, and nothing decided on edema."""
    decisions = {"effusion": "present", "mass": "absent", "edema": None}
    findings = [
        FindingResult(finding=finding, probability=0.5, raw_probability=0.5, decision=decision, threshold=0.5)
        for finding, decision in decisions.items()
    ]
    result = ImageResult(file=name, status="ok", findings=findings)
    report = structured_report(result, source_header(site.folder / name), MODEL)
    (site.folder / "reports").mkdir(exist_ok=True)
    report.save_as(site.folder / "reports" / name, enforce_file_format=True)
    return pydicom.dcmread(site.folder / "reports" / name)


@pytest.fixture
def judged(asked):
    """A function that writes an assessment of the report on an image."""

    def write(judgements, name="a.dcm", reader="R1", change=None, file="judged.dcm"):
        assessment = assessment_report(report_of(asked, name), judgements, reader, moment=MOMENT)
        if change is not None:
            assessment = copy.deepcopy(assessment)  # highdicom gives some items to all reports
            change(assessment)
        assessment.save_as(path := asked.folder / file, enforce_file_format=True)
        return path

    return write


def read(site, *paths, **options):
    return read_assessments(
        paths, reports=site.folder / "reports", references=site.folder / "one" / "dicom.json", **options
    )


@pytest.mark.parametrize(
    ("judgements", "states"),
    [
        ({"effusion": "accepted", "mass": "accepted"}, {"effusion": "positive", "mass": "negative"}),
        ({"effusion": "rejected", "mass": "rejected"}, {"effusion": "negative", "mass": "positive"}),
        ({"mass": "rejected"}, {"mass": "positive"}),
    ],
)
def test_accepted_is_the_decision_and_rejected_the_opposite(asked, judged, judgements, states):
    with asked.open() as ledger:
        assert record_verdicts(ledger, read(asked, judged(judgements))) == (len(states), 0)
        said = ledger.verdicts()
    assert {one.finding: one.state for one in said} == states
    for one in said:
        assert (one.image, one.reader, one.round, one.source) == ("a.dcm", "R1", 1, "judged.dcm")
        assert (one.time, one.reason) == ("2026-03-01T08:30:00+00:00", "judged the result of a model")


def test_the_report_refers_to_what_it_judges_and_names_no_patient_but_the_report_s(asked, judged):
    assessment = pydicom.dcmread(judged({"effusion": "accepted"}))
    report = pydicom.dcmread(asked.folder / "reports" / "a.dcm")
    assert assessment.PatientName == report.PatientName
    assert assessment.StudyInstanceUID == report.StudyInstanceUID
    (series,) = assessment.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert [one.ReferencedSOPInstanceUID for one in series.ReferencedSOPSequence] == [report.SOPInstanceUID]
    assert assessment.SeriesInstanceUID != report.SeriesInstanceUID
    assert assessment.CodingSchemeIdentificationSequence[0].CodingSchemeDesignator == "99LUCENCY"


def test_dicom3tools_finds_no_error(judged):
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which("dciodvfy", path=places)
    if program is None:
        pytest.skip("dciodvfy is not installed; see pyproject.toml, extra dev")
    path = judged({"effusion": "accepted", "mass": "rejected"})
    said = subprocess.run([program, str(path)], capture_output=True, timeout=60)
    lines = (said.stdout + said.stderr).decode(errors="replace").splitlines()
    assert "ComprehensiveSR" in lines
    assert [line for line in lines if line.startswith("Error")] == []


def test_the_same_judgement_is_the_same_object(asked, judged):
    first, second = (judged({"mass": "accepted"}, file=name).read_bytes() for name in ("one.dcm", "two.dcm"))
    assert first == second
    other = pydicom.dcmread(judged({"mass": "rejected"}))
    assert other.SOPInstanceUID != pydicom.dcmread(asked.folder / "one.dcm").SOPInstanceUID


def test_several_readers_judge_one_report(asked, judged):
    paths = [judged({"mass": "accepted"}, reader=reader, file=f"{reader}.dcm") for reader in ("R1", "R2")]
    with asked.open() as ledger:
        assert record_verdicts(ledger, read(asked, *paths)) == (2, 0)
    assert {one.reader for file in read(asked, *paths, reader="R9") for one in file.verdicts.values()} == {"R9"}


def forget_person(assessment):
    (person,) = (item for item in assessment.ContentSequence if "PersonName" in item)
    person.PersonName = ""


def other_judgement(assessment):
    group = assessment.ContentSequence[-1].ContentSequence[0]
    (item,) = (one for one in group.ContentSequence if one.ConceptNameCodeSequence[0].get("CodeValue") == "assessment")
    item.ConceptCodeSequence[0].CodeValue = "perhaps"


def same_group_twice(assessment):
    groups = assessment.ContentSequence[-1].ContentSequence
    groups.append(groups[0])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"name": "c.dcm"}, "unknown image: the report that it judges is of none of the worklist"),
        ({"change": forget_person}, "no person observes"),
        ({"change": other_judgement}, "unknown judgement 'perhaps'; use accepted, rejected"),
        ({"change": same_group_twice}, "a second verdict of reader 'R1' on effusion in one file"),
    ],
)
def test_one_wrong_group_rejects_all(asked, judged, options, reason):
    path = judged({"effusion": "accepted"}, **options)
    with pytest.raises(RejectedVerdictsError) as error:
        read(asked, path)
    assert list(error.value.reasons) == ["judged.dcm group effusion"]
    assert reason in str(error.value)


def test_a_report_that_is_not_there_is_named(asked, judged):
    path = judged({"effusion": "accepted"})
    (asked.folder / "reports" / "a.dcm").unlink()
    with pytest.raises(RejectedVerdictsError, match="is not in the folder --reports"):
        read(asked, path)


def test_a_finding_that_was_not_asked_and_a_second_verdict_are_rejected(site, judged):
    good, twice = judged({"mass": "accepted"}), judged({"mass": "rejected"}, file="twice.dcm")
    with site.open() as ledger:
        with pytest.raises(RejectedVerdictsError, match=r"twice.dcm group mass \(a second verdict .* judged.dcm group"):
            record_verdicts(ledger, read(site, good, twice))
        assert ledger.verdicts() == []
        references = site.folder / "one" / "dicom.json"
        references.write_text(references.read_text().replace('"round": 1', '"round": 2'))
        with pytest.raises(RejectedVerdictsError, match=r"judged.dcm group mass \(mass of 'a.dcm' was not asked in"):
            record_verdicts(ledger, read(site, good))
        assert ledger.verdicts() == []


def without_lengths(dataset):
    """Let sequences and items end with delimiters."""
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
                without_lengths(item)


@pytest.mark.parametrize("encoding", [None, without_lengths])
def test_wherever_a_file_is_cut_off_it_is_rejected(asked, judged, encoding):
    path = judged({"effusion": "accepted", "mass": "accepted"}, change=encoding)
    assert len(read(asked, path)[0].verdicts) == 2
    content = path.read_bytes()
    for end in [*range(0, len(content), 13), len(content) - 1]:
        path.write_bytes(content[:end])
        with pytest.raises(LucencyError, match=r"judged\.dcm: is no whole assessment"):
            read(asked, path)


def test_another_report_is_no_assessment(asked):
    report_of(asked, "a.dcm")
    with pytest.raises(LucencyError, match=r"a.dcm: is no whole assessment of a report \(ValueError\)"):
        read(asked, asked.folder / "reports" / "a.dcm")


@pytest.mark.parametrize(
    ("judgements", "reader", "message"),
    [
        ({}, "R1", "no finding is judged"),
        ({"edema": "accepted"}, "R1", "the report decides nothing about 'edema'"),
        ({"fracture": "accepted"}, "R1", "the report decides nothing about 'fracture'"),
        ({"mass": "agreed"}, "R1", "'agreed' of mass is unknown"),
        ({"mass": "accepted"}, "R^1", "reader 'R\\^1' is no name for DICOM"),
        ({"mass": "accepted"}, " ", "reader ' ' is no name for DICOM"),
    ],
)
def test_what_cannot_be_judged_is_refused(asked, judgements, reader, message):
    with pytest.raises(LucencyError, match=message):
        assessment_report(report_of(asked, "a.dcm"), judgements, reader)


def test_what_is_no_report_cannot_be_judged(asked):
    with pytest.raises(LucencyError, match="is no report with measurements"):
        assessment_report(pydicom.dcmread(asked.folder / "a.dcm"), {"mass": "accepted"}, "R1")
