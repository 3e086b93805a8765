"""`lucency node jobs`: what a node has left is listed, tried again and taken out without it."""

import csv
import stat

import pytest
from typer.testing import CliRunner

from lucency.cli import command_line
from lucency.errors import ConfigError
from lucency.node.jobs import State
from lucency.node.queue import open_queue
from lucency.node.state_folder import StateFolder

PATIENT = "Secret^Name"  # as in conftest.py


def node(*arguments):
    return CliRunner().invoke(command_line(), ["node", *map(str, arguments)], catch_exceptions=False)


def states(settings):
    queue = open_queue(settings)
    found = {job.sop_instance_uid: job.state for job in queue.jobs()}
    queue.close()
    return found


def numbers(settings, state):
    queue = open_queue(settings)
    found = sorted(job.id for job in queue.jobs(state))
    queue.close()
    return found


def test_the_list_names_no_patient_unless_it_is_told_to(left):
    plain = node("jobs", "list", "--state", left.state).output
    assert "5 of 5 jobs" in plain
    assert all(word in plain for word in ("unreadable", "refused_by_guard", "queued", "sent"))
    assert not any(word in plain for word in (PATIENT, "1.2.826", "SENDER"))
    told = node("jobs", "list", "--state", left.state, "--only", "dead", "--details").output
    assert "2 of 2 jobs" in told
    assert all(word in told for word in (PATIENT, "1.2.826.1", "SENDER"))
    assert "queued" not in told
    latest = node("jobs", "list", "--state", left.state, "--limit", 1).output
    assert "1 of 5 jobs" in latest
    assert "queued" in latest


def test_named_jobs_are_tried_again(left):
    first, second = numbers(left, State.DEAD)
    assert node("jobs", "retry", first, "--state", left.state).output == "1 jobs are tried again\n"
    assert states(left)["1.2.826.1"] is State.QUEUED
    assert numbers(left, State.DEAD) == [second]


def test_all_dead_jobs_are_tried_again_where_they_stopped(left):
    assert node("jobs", "retry", "--all", "--state", left.state).output == "2 jobs are tried again\n"
    found = states(left)
    assert (found["1.2.826.1"], found["1.2.826.3"]) == (State.QUEUED, State.BUILT)
    assert (found["1.2.826.2"], found["1.2.826.5"]) == (State.SKIPPED, State.SENT)


def test_dead_jobs_are_taken_out(left, tmp_path):
    out = tmp_path / "dead"
    assert (
        "dead.csv tells of 2 dead jobs, 2 objects copied"
        in node("jobs", "export", "--state", left.state, "--out", out).output
    )
    with (out / "dead.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["job"]) for row in rows] == numbers(left, State.DEAD)
    assert [(row["kind"], row["sop_instance_uid"]) for row in rows] == [
        ("unreadable", "1.2.826.1"),
        ("refused_by_pacs", "1.2.826.3"),
    ]
    assert PATIENT in rows[0]["reason"]
    assert [(out / row["file"]).read_bytes() for row in rows] == [b"object 1", b"object 3"]
    results = {str(path.relative_to(out)): path.read_bytes() for path in out.glob("*-results/*")}
    assert results == {f"{rows[1]['job']}-results/1-report.dcm": b"report %d" % int(rows[1]["job"])}
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert len(numbers(left, State.DEAD)) == 2
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_object_that_is_gone_has_a_row_without_a_file(left, tmp_path):
    for path in left.storage_root.glob("objects/*/*"):
        path.unlink()
    node("jobs", "export", "--state", left.state, "--out", tmp_path / "dead")
    with (tmp_path / "dead" / "dead.csv").open(newline="") as file:
        assert [row["file"] for row in csv.DictReader(file)] == ["", ""]


def test_a_copy_that_fails_leaves_nothing(left, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        node("jobs", "export", "--state", left.state, "--out", tmp_path / "dead")
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_an_export_into_a_folder_with_something_in_it_is_refused(left, tmp_path):
    (tmp_path / "dead").mkdir()
    node("jobs", "export", "--state", left.state, "--out", tmp_path / "dead")
    before = {path: path.read_bytes() for path in (tmp_path / "dead").rglob("*") if path.is_file()}
    assert before
    with pytest.raises(ConfigError, match="dead: is not empty"):
        node("jobs", "export", "--state", left.state, "--out", tmp_path / "dead")
    assert {path: path.read_bytes() for path in (tmp_path / "dead").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retry"], "give numbers of dead jobs, or --all"),
        (["retry", "1", "--all"], "give numbers of dead jobs, or --all"),
        (["retry", "4711"], "job 4711: there is none"),
        (
            ["list", "--only", "ded"],
            "--only ded: is no state of a job; use queued, running, built,",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(left, arguments, message):
    with pytest.raises(ConfigError, match=message):
        node("jobs", *arguments, "--state", left.state)


def test_of_several_jobs_none_is_retried_if_one_is_not_dead(left):
    dead, sent = numbers(left, State.DEAD), numbers(left, State.SENT)
    with pytest.raises(ConfigError, match=rf"job {sent[0]}: is sent, and only dead jobs are tried again"):
        node("jobs", "retry", dead[0], sent[0], "--state", left.state)
    assert numbers(left, State.DEAD) == dead


@pytest.mark.parametrize("verb", [["status"], ["jobs", "list"], ["jobs", "retry", "--all"], ["jobs", "export"]])
def test_a_folder_on_which_no_node_ran_is_named_and_left_alone(tmp_path, verb):
    options = ["--out", tmp_path / "dead"] if "export" in verb else []
    with pytest.raises(ConfigError, match="no folder of a node is named; give --state"):
        node(*verb, *options)
    with pytest.raises(ConfigError, match="none: no node ever ran here"):
        node(*verb, *options, "--state", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    assert StateFolder(tmp_path / "shared").node
    with pytest.raises(ConfigError, match=r"node.db: is not there; give --queue"):
        node(*verb, *options, "--state", tmp_path / "shared")
    assert not (tmp_path / "dead").exists()
