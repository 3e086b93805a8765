"""`lucency node status`: what a node has done and what waits is told without it."""

import json
import re

from typer.testing import CliRunner

from lucency.cli import command_line
from lucency.node.queue import open_queue
from lucency.node.settings import NodeSettings
from lucency.node.state_folder import StateFolder


def node(*arguments):
    return CliRunner().invoke(command_line(), ["node", *map(str, arguments)], catch_exceptions=False)


def test_status_says_what_there_is_and_that_no_node_runs(left):
    done = node("status", "--state", left.state, "--json")
    seen = json.loads(done.output)
    assert done.exit_code == 3
    assert (seen["runs"], seen["node"]) == (False, StateFolder(left.state).node)
    assert seen["jobs"] == {"queued": 1, "running": 0, "built": 0, "sent": 1, "skipped": 1, "dead": 2}
    assert {(row["state"], row["kind"]): row["jobs"] for row in seen["kinds"]} == {
        ("dead", "refused_by_pacs"): 1,
        ("dead", "unreadable"): 1,
        ("skipped", "refused_by_guard"): 1,
    }
    assert 0 <= seen["oldest_waiting_s"] < 60
    text = node("status", "--state", left.state).output
    assert "does not run" in text
    assert "1 queued, 0 running, 0 built, 1 sent, 1 skipped, 2 dead" in text
    assert re.search(r"the oldest that waits came \d+ s ago", text)
    assert "refused_by_guard" in text


def test_status_knows_a_node_that_runs(left):
    with StateFolder(left.state).locked():
        done = node("status", "--state", left.state)
    assert (done.exit_code, "runs" in done.output) == (0, True)


def test_status_of_a_node_without_jobs(tmp_path):
    settings = NodeSettings(bundle="b", pacs="PACS@127.0.0.1:4242", state=tmp_path)
    assert StateFolder(tmp_path).node
    open_queue(settings).close()
    seen = json.loads(node("status", "--state", tmp_path, "--json").output)
    assert (sum(seen["jobs"].values()), seen["kinds"], seen["oldest_waiting_s"]) == (0, [], None)


def test_the_yaml_file_says_where_too(left, tmp_path):
    (tmp_path / "node.yaml").write_text("state: state\nbundle: b\npacs: PACS@h:1\n")
    assert "2 dead" in node("status", "--config", tmp_path / "node.yaml").output
