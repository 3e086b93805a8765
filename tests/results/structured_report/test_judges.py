"""Reports before independent judges: dicom3tools, dcmtk and dcmqi."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lucency.labels import vocabulary
from lucency.results.schema import FindingResult
from lucency.results.structured_report import StructuredReports

PLACES = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def judge(program, *arguments):
    """Run a program of the environment or the system; what it says, standard error included."""
    found = shutil.which(program, path=PLACES)
    if found is None:
        pytest.skip(f"{program} is not installed; see pyproject.toml, extra dev, and the package dcmtk")
    answer = subprocess.run([found, *map(str, arguments)], capture_output=True, timeout=60)
    assert answer.returncode == 0, answer.stderr
    return (answer.stdout + answer.stderr).decode(errors="replace")  # dciodvfy prints text undecoded


def errors(said, *marks):
    """Lines that start with one of the marks."""
    return [line for line in said.splitlines() if line.startswith(marks)]


def variants(result):
    """With everything; without calibration, decisions and guard; a finding of every kind of code."""
    bare = tuple(
        FindingResult(finding=f.finding, probability=f.probability, raw_probability=f.raw_probability)
        for f in result.findings
    )
    every = tuple(
        FindingResult(finding=finding, probability=(index + 1) / 1000, raw_probability=0.5, decision="absent")
        for index, finding in enumerate(vocabulary().ids)
    )
    guard = type(result.guard)()
    return {
        "full": result,
        "bare": result.model_copy(update={"findings": bare, "guard": guard}),
        "vocabulary": result.model_copy(update={"findings": every}),
    }


@pytest.fixture(params=["full", "bare", "vocabulary"])
def variant(request, result):
    return variants(result)[request.param]


@pytest.fixture(params=["Comprehensive3DSR", "ComprehensiveSR"])
def report(request, variant, radiograph, model, tmp_path):
    name = "王^小东" if request.param == "ComprehensiveSR" else "Müller^Jürgen"
    source = radiograph(SpecificCharacterSet="ISO_IR 192", PatientName=name)
    options = {"sop_class": request.param, "clinical_use": request.param == "ComprehensiveSR"}
    StructuredReports(folder=tmp_path / "sr", model=model, **options).write(variant, source)
    return tmp_path / "sr" / "study" / "chest.dcm"


def test_dciodvfy_finds_no_error(report):
    said = judge("dciodvfy", report)
    assert "Comprehensive" in said
    assert not errors(said, "Error")


@pytest.mark.parametrize("program", ["dsrdump", "dcmdump"])
def test_dcmtk_finds_no_error(report, program):
    said = judge(program, report)
    assert not errors(said, "E:", "F:")
    assert "Certainty of Finding" in said


def test_dcmqi_reads_every_probability(report, variant, tmp_path):
    judge("tid1500reader", "--inputDICOM", report, "--outputMetadata", tmp_path / "read.json")
    groups = json.loads((tmp_path / "read.json").read_text())["Measurements"]
    assert [group["TrackingIdentifier"] for group in groups] == [f.finding for f in variant.findings]
    for group, finding in zip(groups, variant.findings, strict=True):
        (measurement,) = group["measurementItems"]
        assert measurement["quantity"]["CodeValue"] == "111012"
        assert float(measurement["value"]) == pytest.approx(100 * finding.probability, rel=1e-8)
        presence = [item["conceptValue"]["CodeMeaning"] for item in group.get("qualitativeEvaluations", [])]
        assert presence == ([finding.decision.capitalize()] if finding.decision else [])


def test_every_real_chest_passes_every_judge(real_data, model, result, tmp_path):
    corpus = real_data / "dicom_corpus"
    sources = sorted([*corpus.glob("cxr/*.dcm"), *corpus.glob("metamorphic_*/*.dcm")])
    assert len(sources) >= 19
    reports = StructuredReports(folder=tmp_path / "sr", model=model)
    for source in sources:
        reports.write(result.model_copy(update={"file": source.name}), source)
        written = tmp_path / "sr" / source.name
        assert not errors(judge("dciodvfy", written), "Error"), source.name
        assert not errors(judge("dsrdump", written), "E:", "F:"), source.name
        judge("tid1500reader", "--inputDICOM", written, "--outputMetadata", tmp_path / "read.json")
        assert len(json.loads((tmp_path / "read.json").read_text())["Measurements"]) == len(result.findings)
