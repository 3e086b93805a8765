"""Logs are set up in a process of their own: they change what belongs to the whole process."""

import io
import json
import logging
import subprocess
import sys
import textwrap
from datetime import datetime

import pytest

from lucency.node.operations.logs import EXTRAS, JsonLines, configure_logs

PLANTED = ("MUELLER", "Anna", "PID77", "1.2.826.0.1.999", "CT_ROOM", "mueller")

SCRIPT = """
import logging, sys, threading, warnings
from enum import StrEnum
from lucency.node.operations.logs import configure_logs
from lucency.files import sync
configure_logs()
import pydicom, pynetdicom, requests, urllib3  # after: importing them sets levels again
log = logging.getLogger("lucency.node")
name, uid = "MUELLER^Anna", "1.2.826.0.1.999"

log.info("job_sent", extra={"job": 7, "seconds": 1.23456, "state": "sent", "kind": "time_limit", "count": 2})
wrong = {"job": name, "seconds": uid, "state": name, "kind": "CT_ROOM", "count": True}
log.info("job_dead", extra={**wrong, "patient": name, "sop_instance_uid": uid})
log.info("patient %s", name)
log.warning(f"PID77 {name}")
log.info({"name": name})
log.error("object_failed", extra={"kind": "KeyError"})
class Odd:
    def __str__(self): return name
log.info(Odd())
try:
    try:
        raise KeyError(name)
    except KeyError as inner:
        sync("/no/PID77/" + name)
except OSError:
    log.exception("storing_failed")
try:
    raise ValueError(name)
except ValueError:
    log.exception("elsewhere_failed")
for library in (
    "pynetdicom", "pynetdicom.acse", "pydicom", "pydicom.filereader", "highdicom", "waitress", "waitress.queue",
    "urllib3.connectionpool", "requests", "py.warnings", "any.other", "lucency.inference",
):
    logging.getLogger(library).critical("%s " + uid, name)
    logging.getLogger(library).critical("mueller")  # looks like an event
logging.error("root %s", name)
log.info("bad %d %d", name)
warnings.warn(f"value of {name} is {uid}")
thread = threading.Thread(target=lambda: int(name)); thread.start(); thread.join()
class Bad:
    def __del__(self): raise RuntimeError(name)
bad = Bad(); del bad
logging.getLogger("lucency.node.child").info("from_child")
raise RuntimeError(name + uid)
"""


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """What the script writes, which tries every way out that we know."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_nothing_planted_comes_out(lines: list[str]) -> None:
    assert lines
    for text in PLANTED:
        assert not [line for line in lines if text.lower() in line.lower()], text


def test_every_line_is_json_of_allowed_keys(lines: list[str]) -> None:
    for line in map(json.loads, lines):
        assert set(line) <= {"time", "level", "event", "error", "at", *EXTRAS}
        moment = datetime.fromisoformat(line["time"])
        assert moment.utcoffset().total_seconds() == 0
        assert line["time"].endswith("Z")
        assert len(line["time"].split(".")[1]) == len("123Z")


def test_what_may_be_said_is_said(lines: list[str]) -> None:
    read = [json.loads(line) for line in lines]
    assert {k: v for k, v in read[0].items() if k != "time"} == {
        "level": "info",
        "event": "job_sent",
        "job": 7,
        "seconds": 1.235,
        "state": "sent",
        "kind": "time_limit",
        "count": 2,
    }
    assert set(read[1]) == {"time", "level", "event"}
    unnamed = [line for line in read if line["event"] == "unnamed"]
    assert len(unnamed) == 5  # the node's own odd messages; none of a library
    assert read[5]["kind"] == "KeyError"
    assert "from_child" in [line["event"] for line in read]


def test_an_exception_is_its_type_and_our_line(lines: list[str]) -> None:
    by_event = {line["event"]: line for line in map(json.loads, lines)}
    failed = by_event["storing_failed"]
    assert failed["error"] == "FileNotFoundError"
    assert failed["at"].startswith("files.py:")
    assert by_event["elsewhere_failed"]["error"] == "ValueError"
    assert by_event["elsewhere_failed"]["at"] == ""


def test_what_nobody_caught_is_told(lines: list[str]) -> None:
    uncaught = [line["error"] for line in map(json.loads, lines) if line["event"] == "uncaught"]
    assert uncaught == ["ValueError", "RuntimeError", "RuntimeError"]  # thread, finaliser, main thread


def test_lines_go_where_they_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    root, log = logging.getLogger(), logging.getLogger("lucency.node")
    for target, name in (
        (sys, "excepthook"),
        (sys, "unraisablehook"),
        (logging, "raiseExceptions"),
        (root, "handlers"),
        (root, "level"),
        (log, "level"),
    ):
        value = getattr(target, name)
        monkeypatch.setattr(target, name, list(value) if name == "handlers" else value)
    import threading

    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr("lucency.node.operations.logs.SILENCED", ())
    stream = io.StringIO()
    try:
        configure_logs(stream)
        log.info("node_ready")
    finally:
        logging.captureWarnings(False)
    assert json.loads(stream.getvalue())["event"] == "node_ready"


def test_a_number_that_json_cannot_hold_does_not_break_the_line() -> None:
    record = logging.makeLogRecord({"msg": "job_sent", "levelname": "INFO", "seconds": float("inf")})
    assert "seconds" not in json.loads(JsonLines().format(record))
