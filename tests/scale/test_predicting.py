"""`lucency predict` over Ray gives what it gives on one machine, whatever dies on the way."""

import os
import signal
import time
from dataclasses import replace

import psutil
import pytest
import torch

from lucency.bundle import run_bundle
from lucency.data.phantom import write_phantom
from lucency.errors import ConfigError
from lucency.results import PredictionTable
from lucency.scale import predict_over_ray
from lucency.scale.chunk_predictor import predict_chunk
from lucency.scale.inference_job import InferenceJob
from lucency.scale.predicting import unfinished
from support import BUNDLE, FINDINGS, TINY, write_tiny_model, write_tiny_site

NETWORK = {key: value for key, value in TINY.items() if key.startswith("network_def")}
FILES = 42

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """Weights, a site file, and a folder `in` with phantom radiographs, a truncated one and a note."""
    folder = tmp_path_factory.mktemp("hospital")
    write_phantom(folder / "phantom", images=8, size=64, workers=1, progress=False)
    images = sorted((folder / "phantom" / "images").rglob("*.dcm"))
    (folder / "in").mkdir()
    for number in range(FILES - 2):
        (folder / "in" / f"{number:02}.dcm").write_bytes(images[number % len(images)].read_bytes())
    (folder / "in" / "cut.dcm").write_bytes(images[0].read_bytes()[:3000])
    (folder / "in" / "note.txt").write_text("no image")
    write_tiny_model(folder)
    write_tiny_site(folder)
    return folder


def keys(hospital, out):
    places = {"dataset_dir": "in", "output_dir": str(out), "weights": "model.pt", "site": "site.yaml"}
    sizes = {"findings": FINDINGS, "image_size": 64, "batch_size": 2, "progress_bar": False}
    return {**NETWORK, **sizes, **places, "backend": "torch", "fhir": True}


@pytest.fixture(scope="module")
def expected(hospital, tmp_path_factory):
    """What one machine writes, with one thread as a worker has."""
    out = tmp_path_factory.mktemp("local")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(hospital)
        run_bundle(BUNDLE, "inference", overrides=keys(hospital, out))
    torch.set_num_threads(threads)
    return everything_in(out)


def everything_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lines(journal):
    return max(0, journal.read_bytes().count(b"\n") - 1) if journal.exists() else 0  # at first it is empty


@pytest.fixture
def when_results_come(monkeypatch):
    """Does something as soon as the first results are in the journal, before others are taken."""

    def then(act):
        add, waiting = PredictionTable.add, [act]

        def add_and_act(table, results):
            add(table, results)
            if type(table) is PredictionTable and waiting:  # the driver's
                waiting.pop()()

        monkeypatch.setattr(PredictionTable, "add", add_and_act)

    return then


def busy_workers():
    return [p for p in psutil.Process().children(recursive=True) if "predict_chunk" in "".join(p.cmdline())]


def test_a_killed_worker_loses_and_doubles_nothing_and_every_file_is_that_of_one_machine(
    hospital, expected, tmp_path, when_results_come, monkeypatch
):
    killed = []

    def kill():
        while not (workers := busy_workers()):
            time.sleep(0.001)
        workers[0].kill()
        killed.append(workers[0].pid)

    monkeypatch.chdir(hospital)
    when_results_come(kill)
    table = predict_over_ray(BUNDLE, address="local", overrides=keys(hospital, tmp_path), workers=2)
    assert killed
    assert sum(table.statuses.values()) == FILES
    assert everything_in(tmp_path) == expected


def test_an_interrupted_run_goes_on_where_it_was(hospital, expected, tmp_path, when_results_come, monkeypatch):
    monkeypatch.chdir(hospital)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell runs in the background ignores it
    when_results_come(lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        predict_over_ray(BUNDLE, address="local", overrides=keys(hospital, tmp_path), workers=1)
    signal.signal(signal.SIGINT, handler)
    assert not busy_workers()
    assert 0 < lines(tmp_path / "predictions.partial.jsonl") < FILES
    reports = {path: path.stat().st_mtime_ns for path in (tmp_path / "fhir").iterdir()}
    predict_over_ray(BUNDLE, address="local", overrides=keys(hospital, tmp_path), workers=1)
    assert everything_in(tmp_path) == expected
    assert any(path.stat().st_mtime_ns == written for path, written in reports.items())  # is not written again


def test_a_worker_that_finds_something_else_stops_the_run(hospital, tmp_path, monkeypatch):
    monkeypatch.chdir(hospital)
    overrides = keys(hospital, tmp_path)
    job = InferenceJob.of_bundle(BUNDLE, overrides=overrides)
    with pytest.raises(ConfigError, match="finds another model or other settings than the driver"):
        predict_chunk(replace(job, head={}), [])
    with pytest.raises(ConfigError, match=r"has lucency .*, the driver 0; install the same"):
        predict_chunk(replace(job, version="0"), [])
    with pytest.raises(ConfigError, match="/no/such/folder: cannot be entered"):
        predict_chunk(replace(job, folder="/no/such/folder"), [])
    (table,) = job.parts("predictions")
    (hospital / "in").rename(hospital / "elsewhere")
    with pytest.raises(ConfigError, match="in: is not there; share it among all machines"):
        predict_chunk(replace(job, head=table.head), [{"image": "in/00.dcm", "file": "00.dcm"}])
    (hospital / "elsewhere").rename(hospital / "in")


def test_batches_that_were_interrupted_half_way_are_done_again_whole():
    class Table:
        def __init__(self, *done):
            self.is_done = done.__contains__

    records = [{"file": str(number)} for number in range(7)]
    assert unfinished(records, 3, Table("0", "1", "2", "4")) == records[3:]
    assert unfinished(records, 3, Table("3", "4", "5")) == records[:3] + records[6:]
    assert unfinished(records, 3, Table(*map(str, range(7)))) == records[6:]
