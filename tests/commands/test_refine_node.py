"""`lucency refine import --node`: verdicts that came back to a node reach the ledger."""

from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
from typer.testing import CliRunner

pytest.importorskip("highdicom")

from lucency.commands.refine import app
from lucency.data import read_study_table
from lucency.errors import ConfigError
from lucency.node.storage import Storage
from lucency.node.work.verdicts import is_verdict
from lucency.refine import Ledger
from lucency.refine.worklists import RejectedVerdictsError, assessment_report
from lucency.results.model_identity import ModelIdentity
from lucency.results.schema import FindingResult, ImageResult
from lucency.results.source_header import source_header
from lucency.results.structured_report import structured_report
from references.dicom_files import dataset_of

FINDINGS = ("effusion", "mass")
MODEL = ModelIdentity(name="bundle", version="1", findings=FINDINGS, weights_sha256=None)
PATIENT = "Secret^Name"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def judge(storage, name, judgements, reader="R1", *, job=None):
    """Let a reader judge the node's report on an image, and the verdict come back."""
    decided = [
        FindingResult(finding=finding, probability=0.5, raw_probability=0.5, decision="present") for finding in FINDINGS
    ]
    report = structured_report(ImageResult(file=name, status="ok", findings=decided), source_header(name), MODEL)
    number = name[0]
    if not storage.published(number):
        with storage.publication(number) as products:
            report.save_as(products / "1-report.dcm", enforce_file_format=True)
            (products / "fhir.json").write_text("{}")
    verdict = assessment_report(pydicom.dcmread(storage.reports / number / "1-report.dcm"), judgements, reader)
    path = storage.verdicts / f"{name}-{reader}.dcm"
    verdict.save_as(path, enforce_file_format=True)
    assert is_verdict(path)
    return path


@pytest.fixture
def storage(tmp_path, monkeypatch):
    """Images a to d, of which a and b are in the worklist of round 1; the storage of a node that knows them all."""
    monkeypatch.chdir(tmp_path)
    rows = []
    for number, name in enumerate("abcd"):
        about = {"StudyInstanceUID": f"1.2.{number}", "SeriesInstanceUID": f"1.2.{number}.1", "PatientName": PATIENT}
        image = dataset_of(np.zeros((2, 2), np.uint8), SOPInstanceUID=f"1.2.{number}.1.1", **about)
        image.save_as(f"{name}.dcm", enforce_file_format=True)
        rows.append(f"{name}.dcm,p{number},{number},PA,50,F,nih,negative,negative\n")
    Path("table.csv").write_text("image,patient,study,view,age,sex,source,effusion,mass\n" + "".join(rows))
    scores = pd.DataFrame({"file": ["a.dcm", "b.dcm"], "probability_effusion": 0.9, "probability_mass": 0.9})
    scores.to_csv("scores.csv", index=False)
    options = ["--table", "table.csv", "--scores", "scores.csv", "--image-root", ".", "--method", "cross_entropy"]
    run("rank", "--ledger", "labels.sqlite", *options, "--budget", 2)
    run("worklist", "--ranking", "ranking.csv", "--ledger", "labels.sqlite", "--out", "worklist")
    return Storage("state/files", "node")


def imported(*options):
    return run("import", "--ledger", "labels.sqlite", *options)


def said():
    with Ledger.open("labels.sqlite", read_only=True) as ledger:
        return {(one.image, one.finding, one.reader): one.state for one in ledger.verdicts()}


@pytest.mark.parametrize("folder", ["state", "state/files"])
def test_verdicts_of_a_node_become_labels(storage, folder):
    judge(storage, "a.dcm", {"effusion": "accepted", "mass": "rejected"})
    judge(storage, "b.dcm", {"mass": "accepted"}, "R2")
    done = imported("--node", folder, "--table", "now.csv")
    assert "3 verdicts added, 0 were there already" in done.output
    expected = {("a.dcm", "effusion", "R1"): "positive", ("a.dcm", "mass", "R1"): "negative"}
    assert said() == expected | {("b.dcm", "mass", "R2"): "positive"}
    assert read_study_table("now.csv").set_index("image").loc["a.dcm", ["effusion", "mass"]].tolist() == [
        "positive",
        "negative",
    ]
    assert PATIENT not in done.output


def test_verdicts_that_were_imported_before_are_passed_over(storage):
    judge(storage, "a.dcm", {"effusion": "accepted"})
    imported("--node", "state")
    assert "0 verdicts added, 1 were there already" in imported("--node", "state").output
    judge(storage, "b.dcm", {"effusion": "accepted"})
    assert "1 verdicts added, 1 were there already" in imported("--node", "state").output


def test_they_are_the_same_as_files_and_reports(storage):
    path = judge(storage, "a.dcm", {"effusion": "rejected"})
    imported(path, "--reports", "state/files/reports")
    assert "0 verdicts added, 1 were there already" in imported("--node", "state").output


def test_other_files_are_imported_beside_them(storage):
    judge(storage, "a.dcm", {"effusion": "accepted"})
    Path("reads.csv").write_text("image,finding,verdict,reader\nb.dcm,mass,absent,R2\n")
    assert "2 verdicts added" in imported("reads.csv", "--node", "state").output
    assert said() == {("a.dcm", "effusion", "R1"): "positive", ("b.dcm", "mass", "R2"): "negative"}


def test_verdicts_that_nobody_asked_for_keep_no_others_out(storage):
    judge(storage, "a.dcm", {"effusion": "accepted"})
    judge(storage, "c.dcm", {"effusion": "accepted"})
    judge(storage, "b.dcm", {"effusion": "accepted"})
    storage.withdraw("b")
    done = imported("--node", "state")
    assert "1 verdicts left out: the node no longer keeps what they judge" in done.stderr
    assert "1 verdicts left out: on images of no question in worklist/dicom.json" in done.stderr
    assert list(said()) == [("a.dcm", "effusion", "R1")]


def test_two_verdicts_of_one_reader_are_rejected_with_all_the_others(storage):
    judge(storage, "a.dcm", {"effusion": "accepted"})
    first = judge(storage, "b.dcm", {"effusion": "accepted"})
    first.rename(first.with_name("earlier.dcm"))
    judge(storage, "b.dcm", {"effusion": "rejected"})
    with pytest.raises(RejectedVerdictsError, match="a second verdict of reader 'R1' on effusion"):
        imported("--node", "state")
    assert said() == {}


def test_a_node_without_verdicts_adds_none(storage):
    assert "0 verdicts added" in imported("--node", "state").output


def test_what_is_no_folder_of_a_node_is_named(storage):
    with pytest.raises(ConfigError, match=r"worklist: is no folder of a node; give its --state"):
        imported("--node", "worklist")
    with pytest.raises(ConfigError, match="nothing to import; give files, or the folder of a --node"):
        imported()
