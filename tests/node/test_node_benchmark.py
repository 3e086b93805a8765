"""The node's benchmark: what it counts, and a small run."""

import json
import shutil
import socket
import sys
from contextlib import ExitStack
from types import SimpleNamespace

import pydicom
import pytest

from lucency.errors import ConfigError
from lucency.results.model_identity import ModelIdentity
from lucency.results.schema import FindingResult, ImageResult
from lucency.results.source_header import source_header
from lucency.results.structured_report import structured_report
from support import BUNDLE, python, script

SCRIPTS = BUNDLE.parents[1] / "scripts" / "benchmarks"
SMALL = ("--size", 64, 48, "--cases", 1)
needs_dcmtk = pytest.mark.skipif(not shutil.which("dcmcjpeg"), reason="dcmtk is not installed: apt-get install dcmtk")


@pytest.fixture
def benchmark(monkeypatch):
    """What the script defines, and its parts."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    from node_parts import images, programs, senders, sink

    parts = {"images": images, "programs": programs, "senders": senders, "sink": sink}
    return SimpleNamespace(**script("scripts/benchmarks/node.py"), **parts)


@needs_dcmtk
def test_small_run_says_how_fast_acknowledgements_are(tmp_path):
    arguments = ("--images", 8, "--rounds", 2, "--systems", "bare", *SMALL, "--out", tmp_path / "figures.json")
    answer = python(SCRIPTS / "node.py", *arguments)
    assert answer.returncode == 0, answer.stderr
    content = json.loads((tmp_path / "figures.json").read_text())
    bare = content["systems"]["bare"]
    assert (content["images"], bare["images"], bare["refused"]) == (8, 8, 0)
    assert 0 < bare["ack_p50_s"] <= bare["ack_p99_s"]
    assert f"| ack_p99_s | {bare['ack_p99_s']:g} |" in answer.stdout


def test_absent_dcmtk_is_one_line(tmp_path, benchmark, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="storescu: is not installed; run: apt-get install dcmtk"):
        benchmark.programs.dcmtk("storescu")


def test_the_environments_storescu_is_not_taken(tmp_path, benchmark, monkeypatch):
    (theirs := tmp_path / "storescu").write_text("#!/bin/sh\n")
    theirs.chmod(0o755)
    ours = benchmark.programs.Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{ours}:{tmp_path}")
    assert benchmark.programs.dcmtk("storescu") == str(theirs)


@needs_dcmtk
def test_images_are_what_their_names_say(tmp_path, benchmark):
    files = benchmark.images.write_images(tmp_path, 1, 64, 48)
    for file, syntax in zip(files, benchmark.images.SYNTAXES, strict=True):
        dataset = pydicom.dcmread(file)
        assert dataset.file_meta.TransferSyntaxUID == syntax.uid
        assert (dataset.Modality, dataset.Rows, dataset.Columns, dataset.BitsStored) == ("CR", 64, 48, syntax.bits)
    times = [file.stat().st_mtime_ns for file in files]
    assert benchmark.images.write_images(tmp_path, 1, 64, 48) == files
    assert [file.stat().st_mtime_ns for file in files] == times


@needs_dcmtk
def test_images_that_nobody_takes_are_refused(tmp_path, benchmark):
    files = benchmark.images.write_images(tmp_path, 1, 64, 48)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        burst = benchmark.senders.send(silent.getsockname()[1], "X", files, 6, 4, tmp_path / "profile.cfg")
    assert (burst.refused, burst.acknowledged) == (6, {})


@needs_dcmtk
def test_sink_counts_reports_by_image(tmp_path, benchmark):
    files = benchmark.images.write_images(tmp_path / "in", 1, 64, 48)
    result = ImageResult(
        file="a", status="ok", findings=(FindingResult(finding="mass", probability=0.2, raw_probability=0.2),)
    )
    model = ModelIdentity(name="b", version="1", findings=("mass",), weights_sha256=None)
    header = source_header(files[0])
    with ExitStack() as stack:
        sink = benchmark.sink.Sink(tmp_path / "sink", stack)
        for version in ("1", "2"):
            report = structured_report(result, header, model.model_copy(update={"version": version}))
            report.save_as(sink.folder / version, enforce_file_format=True)
        sink.wait(2)
        assert sink.images() == {header.SOPInstanceUID: 2}
        assert sink.latest() == (sink.folder / "2").stat().st_mtime


def test_targets_compare_what_has_run(benchmark):
    def figures(rate, ack, lost=0):
        return {"images_per_s": rate, "ack_p99_s": ack, "lost": lost, "doubled": 0}

    def met(**table):
        return [row["met"] for row in benchmark.verdicts(table)]

    bare = figures(30.0, 0.1)
    assert met(node=figures(4.0, 0.5), obvious=figures(1.0, 3.0), bare=bare) == [True, True, True]
    assert met(node=figures(3.9, 0.51, lost=1), obvious=figures(1.0, 3.0), bare=bare) == [False, False, False]
    assert met(bare=bare) == []
