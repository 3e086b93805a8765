"""Rows: verdicts, the file they are written to, the table they are shown in."""

import io
import json
import os

import pytest
from rich.console import Console


@pytest.mark.parametrize(
    ("figures", "met"),
    [
        ({"peer_ms": 60, "ours_ms": 2, "target": 30}, True),
        ({"peer_ms": 59, "ours_ms": 2, "target": 30}, False),
        ({"ours_ms": 6, "at_most": 6}, True),
        ({"ours_ms": 6.1, "at_most": 6}, False),
        ({"peer_ms": 600, "ours_ms": 6.1, "target": 30, "at_most": 6}, False),
        ({"peer_ms": 60, "ours_ms": 2}, None),
        ({"ours_ms": 2, "target": 30}, None),
        ({"peer_ms": 60, "target": 30, "at_most": 6}, None),
    ],
)
def test_verdict_needs_a_target_and_its_figures(part, figures, met):
    row = part("rows").Row("1", "what", "peer", **figures)
    assert row.met is met
    assert part("rows").cells(row)[-1] == {True: "met", False: "MISSED", None: "not measured"}[met] * (
        "target" in figures or "at_most" in figures
    )


def test_file_gives_back_the_rows_and_tells_their_circumstances(part, tmp_path):
    rows = part("rows")
    written = [rows.Row("1", "a", "p 1.0", 9.0, 3.0, target=2), rows.Row("2", "b", ours_ms=1.5, unit="MB", note="n")]
    rows.write(tmp_path / "rows.json", written, benchmarks={"gpu": "none"})
    again, about = rows.read(tmp_path / "rows.json")
    assert again == written
    assert about["benchmarks"] == {"gpu": "none"}
    assert about["machine"]["cores"] == len(os.sched_getaffinity(0))
    assert about["versions"]["lucency"]
    content = json.loads((tmp_path / "rows.json").read_text())["rows"]
    assert [(row["ratio"], row["met"]) for row in content] == [(3.0, True), (None, None)]


def test_table_says_what_was_missed_and_each_note_once(part):
    rows = part("rows")
    console = Console(width=200, record=True, file=io.StringIO())
    both = [rows.Row("1", what, "p", 1.0, 3.0, target=2, note="on loan") for what in ("first", "second")]
    rows.show(both, console)
    text = console.export_text()
    assert "first" in text
    assert text.count("MISSED") == 2
    assert text.count("- on loan") == 1


def test_absent_peer_is_named_with_what_installs_it(part, capsys):
    assert part("peers").peer("no_such_module.at_all", "no-such-package") is None
    assert "pip install no-such-package" in capsys.readouterr().out
    assert part("peers").peer("json") is json


def test_command_is_told_without_this_machines_folders(part):
    rows = part("rows")
    script = rows.ROOT / "scripts" / "benchmarks" / "loader.py"
    words = [str(script), "--json", "/somewhere/loader.json", "--rounds", "3"]
    assert rows.command(words) == "python scripts/benchmarks/loader.py --rounds 3"
    assert rows.command(["/elsewhere/x.py", "--json"]) == "python x.py"
