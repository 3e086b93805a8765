"""`lucency predict` as a hospital starts it: reports, site file, awkward files, kills, wrong input."""

import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pydicom
import pytest
from typer.testing import CliRunner

from lucency.cli import command_line
from lucency.data.phantom import write_phantom
from lucency.errors import explanation
from lucency.results import ResultDocument
from lucency.results.structured_report import read_structured_report
from support import BUNDLE, FINDINGS, TINY, as_arguments, python, write_tiny_model, write_tiny_site

NETWORK = {key: value for key, value in TINY.items() if key.startswith("network_def")}
KEYS = {"findings": FINDINGS, "image_size": 64, "progress_bar": False, **NETWORK}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """Weights, and a folder `in` with phantom radiographs, a truncated one and a note."""
    folder = tmp_path_factory.mktemp("hospital")
    write_phantom(folder / "phantom", images=6, size=128, workers=1, progress=False)
    incoming = folder / "in"
    incoming.mkdir()
    for number, image in enumerate(sorted((folder / "phantom" / "images").rglob("*.dcm"))):
        (incoming / f"{number}.dcm").write_bytes(image.read_bytes())
    (incoming / "cut.dcm").write_bytes((incoming / "0.dcm").read_bytes()[:3000])
    (incoming / "note.txt").write_text("no image")
    write_tiny_model(folder)
    return folder


@pytest.fixture(scope="module")
def site(hospital):
    return write_tiny_site(hospital)


def command(hospital, out, *options):
    places = ["--bundle", BUNDLE, "--weights", hospital / "model.pt", "--out", out]
    return [str(part) for part in ["predict", hospital / "in", *places, *as_arguments(KEYS), *options]]


def predict(hospital, out, *options):
    return CliRunner().invoke(command_line(), command(hospital, out, *options), catch_exceptions=False)


def document(out):
    return ResultDocument.model_validate_json((out / "predictions.json").read_text())


@pytest.fixture(scope="module")
def everything(hospital, site, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    shown = predict(hospital, out, "--site", site, "--sr", "--fhir", "--heatmaps", "--workers", 1).output
    return out, shown


def test_every_file_has_a_row_and_the_summary_counts_them(everything):
    out, shown = everything
    table = pd.read_csv(out / "predictions.csv", keep_default_na=False).set_index("file")
    assert dict(table.status.value_counts()) == {"ok": 6, "failed": 1, "skipped": 1}
    assert table.status["cut.dcm"] == "failed"
    assert set(table.guard[table.status == "ok"]) <= {"accept", "warning"}
    assert "8 files" in shown
    assert not (out / "predictions.partial.jsonl").exists()


def test_table_document_sr_and_fhir_agree(everything):
    out, _ = everything
    table = pd.read_csv(out / "predictions.csv", dtype=str, keep_default_na=False).set_index("file")
    for result in document(out).results:
        if result.status != "ok":
            assert not (out / "sr" / result.file).exists()
            continue
        assert result.notes == ()
        report = read_structured_report(out / "sr" / result.file)
        resources = json.loads((out / "fhir" / f"{result.file}.json").read_text())["entry"]
        observations = [e["resource"] for e in resources if e["resource"]["resourceType"] == "Observation"]
        assert len(observations) == len(FINDINGS)
        for answer, reported in zip(result.findings, report.findings, strict=True):
            assert reported.finding == answer.finding
            assert reported.probability == pytest.approx(answer.probability, abs=1e-7)
            assert reported.decision == answer.decision == ("present" if answer.finding == "effusion" else None)
            assert table[answer.finding][result.file] == f"{answer.probability:.6f}"
            assert table[f"decision_{answer.finding}"][result.file] == (answer.decision or "")


def test_the_study_of_the_report_is_that_of_the_image(everything, hospital):
    out, _ = everything
    image, report = pydicom.dcmread(hospital / "in" / "0.dcm"), pydicom.dcmread(out / "sr" / "0.dcm")
    assert (report.StudyInstanceUID, report.PatientID) == (image.StudyInstanceUID, image.PatientID)
    assert report.SOPInstanceUID != image.SOPInstanceUID


def test_a_heat_map_is_drawn_for_what_is_present(everything):
    out, _ = everything
    assert sorted(path.name for path in (out / "heatmaps" / "0.dcm").iterdir()) == ["effusion.png"]


def test_workers_batches_and_monais_own_runner_change_no_result(everything, hospital, tmp_path):
    serial = tmp_path / "serial"
    predict(hospital, serial, "--workers", 0, "--batch_size", 3)
    own = tmp_path / "own"
    places = {"dataset_dir": hospital / "in", "weights": hospital / "model.pt", "output_dir": own}
    options = as_arguments({**KEYS, **places, "config_file": BUNDLE / "configs" / "inference.yaml"})
    done = python("-m", "monai.bundle", "run", *options, "--bundle_root", BUNDLE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    raw = [[a.raw_probability for r in document(o).results for a in r.findings] for o in (serial, own, everything[0])]
    assert len(raw[0]) == 6 * len(FINDINGS)
    assert raw[0] == pytest.approx(raw[1], abs=1e-6)
    assert raw[0] == pytest.approx(raw[2], abs=1e-6)


@pytest.mark.slow
def test_a_killed_prediction_goes_on_without_loss_or_double_work(everything, hospital, site, tmp_path):
    arguments = ["--site", site, "--sr", "--workers", "0", "--batch_size", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "lucency", *command(hospital, tmp_path, *arguments)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    journal = tmp_path / "predictions.partial.jsonl"
    while not (journal.exists() and journal.read_bytes().count(b"\n") > 2):
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {path.name: path.read_bytes() for path in (tmp_path / "sr").iterdir()}
    done = journal.read_bytes().count(b"\n") - 1
    assert 0 < done < 8
    predict(hospital, tmp_path, *arguments)
    assert document(tmp_path).results == document(everything[0]).results
    after = {path.name: path.read_bytes() for path in (tmp_path / "sr").iterdir()}
    assert before.items() <= after.items()
    assert len(after) == 6


def test_a_site_file_of_another_model_stops_the_run_before_it_reads_an_image(hospital, site, tmp_path):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - MONAI wraps it
        predict(hospital, tmp_path, "--site", site, "--image_size", "32")
    message = explanation(caught.value)
    assert "site.yaml: made for model fingerprint" in message
    assert "lucency calibrate" in message
    assert not (tmp_path / "predictions.csv").exists()


@pytest.mark.parametrize("name", ["$1 + 1", "@weights", "%x", "a#b"])
def test_a_folder_name_is_never_taken_for_an_expression(hospital, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)  # an absolute path begins with none of these
    (tmp_path / name).mkdir()
    (tmp_path / name / "note.txt").write_text("no image")
    arguments = command(hospital, f"{name} out")
    arguments[1] = name
    CliRunner().invoke(command_line(), arguments, catch_exceptions=False)
    assert [result.file for result in document(tmp_path / f"{name} out").results] == ["note.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--backend", "onyxruntime"], "did you mean 'onnxruntime'"),
        (["--heatmaps", "--heatmap_layer", "features.denseblok4"], "features.denseblock4"),
        (["--guard_rules", "{'modalty': {}}"], "modality"),
        (["--bach_size", "3"], "did you mean 'batch_size'"),
    ],
)
def test_wrong_settings_are_one_line(hospital, tmp_path, options, message):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - MONAI wraps it
        predict(hospital, tmp_path, *options)
    assert message in (explanation(caught.value) or "")
