"""`lucency predict` by an exported network gives what the workflow gives, without PyTorch and in little memory."""

import csv
import json
import os
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from lucency.cli import command_line
from lucency.commands import predict as command
from lucency.results import PredictionTable
from lucency.results.structured_report import read_structured_report
from support import BUNDLE, as_arguments, python, write_tiny_site

FLOAT32 = 1e-6
MEMORY_MIB = 400
WATCHED = """
import sys
from pathlib import Path
from lucency.cli import command_line
command_line()(sys.argv[1:], standalone_mode=False)
foreign = {"torch", "monai", "ignite", "scipy", "pandas", "sklearn"} & set(sys.modules)
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(",".join(sorted(foreign)), int(peak.split()[1]) // 1024, sep=";")
"""

WORKFLOW = """
import sys
from lucency.inference import torch_free
def refuse(**settings):
    raise torch_free.NeedsTorchError("switched off")
torch_free.TorchFreeRun = refuse
{before}
from lucency.cli import command_line
command_line()(sys.argv[1:], standalone_mode=False)
"""
KILLED = """
from lucency.results.predictions import PredictionTable
PredictionTable.finish = None
"""


def arguments(hospital, source, out, *options):
    places = ["--bundle", BUNDLE, "--weights", hospital.weights, "--out", out]
    return [str(part) for part in ["predict", source, *places, *as_arguments(hospital.keys), *options]]


def predict(*parts):
    done = CliRunner().invoke(command_line(), arguments(*parts), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def predict_by_workflow(*parts, before=""):
    """The same by the bundle's workflow, in a process of its own, as MONAI sets up logging for the whole process."""
    return python("-c", WORKFLOW.format(before=before), *arguments(*parts))


@pytest.fixture
def never_with_torch(monkeypatch):
    def fail(*_):
        raise AssertionError("the workflow ran")

    monkeypatch.setattr(command, "_with_torch", fail)


def rows(out):
    with (out / "predictions.csv").open() as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def numbers(document):
    return [
        [a.pop(key) for key in ("probability", "raw_probability")] for r in document["results"] for a in r["findings"]
    ]


def assert_equal_outputs(ours, theirs):
    """Every byte but the digits of probabilities, which may differ as float32 does."""
    first, second = (json.loads((out / "predictions.json").read_text()) for out in (ours, theirs))
    for mine, other in zip(numbers(first), numbers(second), strict=True):
        assert mine == pytest.approx(other, abs=FLOAT32)
    assert first == second
    one, another = rows(ours), rows(theirs)
    assert list(one) == list(another)
    for file, row in one.items():
        for column, value in row.items():
            if value != another[file][column]:
                assert float(value) == pytest.approx(float(another[file][column]), abs=2 * FLOAT32)
    names = [{str(path.relative_to(out)) for path in out.rglob("*")} for out in (ours, theirs)]
    assert names[0] == names[1]


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_all_outputs_are_those_of_the_workflow(exported_hospital, tmp_path, monkeypatch, backend):
    site = write_tiny_site(exported_hospital.folder)
    options = [
        "--backend",
        backend,
        "--site",
        site,
        "--sr",
        "--fhir",
        "--guard_rules",
        "{'view': {'missing': 'refuse'}}",
    ]
    places = [exported_hospital, exported_hospital.folder / "in"]
    with monkeypatch.context() as alone:
        alone.setattr(command, "_with_torch", None)
        shown = predict(*places, tmp_path / "ours", *options, "--workers", "2")
    done = predict_by_workflow(*places, tmp_path / "theirs", *options, "--workers", "0")
    assert done.returncode == 0, done.stderr
    counts = [line for line in shown.splitlines() if line[:9].strip().isdigit()]
    assert len(counts) == len(command.STATUSES)
    assert all(line in done.stdout for line in counts)
    assert_equal_outputs(tmp_path / "ours", tmp_path / "theirs")
    statuses = [row["status"] for row in rows(tmp_path / "ours").values()]
    assert {"ok", "failed", "skipped", "refused"} == set(statuses)
    for path in (tmp_path / "ours" / "fhir").iterdir():
        texts = [(tmp_path / who / "fhir" / path.name).read_text() for who in ("ours", "theirs")]
        assert_equal_texts(*texts)
    for path in (tmp_path / "ours" / "sr").iterdir():
        reports = [read_structured_report(tmp_path / who / "sr" / path.name) for who in ("ours", "theirs")]
        assert_equal_texts(*map(repr, reports))


def assert_equal_texts(*texts):
    """Equal but for identifiers that follow from probabilities, and the last digits of these."""
    masked = [re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|2\.25\.\d+", "#", text) for text in texts]
    split = [re.split(r"(\d+\.\d+)", text) for text in masked]
    assert split[0][::2] == split[1][::2]
    assert list(map(float, split[0][1::2])) == pytest.approx(
        list(map(float, split[1][1::2])), rel=FLOAT32, abs=2 * FLOAT32
    )


def test_one_file_is_answered_without_torch_in_little_memory(exported_hospital, tmp_path):
    source = exported_hospital.folder / "in" / "0.dcm"
    for backend in ("onnxruntime", "openvino"):
        given = arguments(exported_hospital, source, tmp_path / backend, "--backend", backend)
        done = subprocess.run(
            [sys.executable, "-c", WATCHED, *given], capture_output=True, text=True, env=environment()
        )
        assert done.returncode == 0, done.stderr
        foreign, memory = done.stdout.splitlines()[-1].split(";")
        assert foreign == ""
        assert int(memory) <= MEMORY_MIB
        assert rows(tmp_path / backend)["0.dcm"]["status"] == "ok"


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def test_batches_and_workers_change_no_result(exported_hospital, tmp_path, never_with_torch):
    places = [exported_hospital, exported_hospital.folder / "in"]
    for name, options in {"one": ["--workers", "0"], "two": ["--workers", "3", "--batch_size", "2"]}.items():
        predict(*places, tmp_path / name, "--backend", "onnxruntime", *options)
    assert_equal_outputs(tmp_path / "one", tmp_path / "two")


def test_an_interrupted_run_of_the_workflow_is_gone_on_with(exported_hospital, tmp_path, monkeypatch):
    places = [exported_hospital, exported_hospital.folder / "in", tmp_path / "out", "--backend", "onnxruntime"]
    assert predict_by_workflow(*places, "--workers", "0", before=KILLED).returncode != 0
    journal = (tmp_path / "out" / "predictions.partial.jsonl").read_bytes()
    assert journal.count(b"\n") == 1 + len(list((exported_hospital.folder / "in").iterdir()))
    monkeypatch.setattr(command, "_with_torch", None)
    answered = []
    monkeypatch.setattr(PredictionTable, "add", lambda self, results: answered.extend(results))
    monkeypatch.setattr(PredictionTable, "finish", lambda *_: None)
    predict(*places)
    assert len(answered) == 1  # the last file, which list_radiographs keeps
