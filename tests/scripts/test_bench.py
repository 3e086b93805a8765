"""All benchmarks as one: each in its own process, and what fails costs its own rows."""

import sys
from types import SimpleNamespace

import pytest

from lucency.errors import ConfigError
from support import BUNDLE, script

GOOD = """
import json, sys
from pathlib import Path
what = "loop " + " ".join(sys.argv[3:])
rows = [{"item": "3", "what": what, "peer": "p", "peer_ms": 9.0, "ours_ms": 3.0, "target": 2}]
Path(sys.argv[2]).write_text(json.dumps({"command": "python loop.py", "rows": rows}))
"""
BAD = "import sys\nprint('Traceback', file=sys.stderr)\nsys.exit('feed: the disk is full')\n"


@pytest.fixture
def scripts(tmp_path):
    """A folder of benchmarks, one of which fails and most of which are not there."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "loop.py").write_text(GOOD)
    (folder / "feed.py").write_text(BAD)
    (folder / "cold.py").write_text("print('no figures')")
    return folder


def test_outcomes_tell_rows_from_reasons(part, scripts, tmp_path):
    run = part("programs").run
    good = run("loop", tmp_path, folder=scripts)
    assert ([row.ratio for row in good.rows], good.failed, good.command) == ([3.0], False, "python loop.py")
    bad = run("feed", tmp_path, folder=scripts)
    assert (bad.rows, bad.failed, bad.reason) == ((), True, "feed: the disk is full")
    silent = run("cold", tmp_path, folder=scripts)
    assert (silent.failed, silent.reason) == (True, "ended with code 0 and without figures")
    absent = run("loader", tmp_path, folder=scripts)
    assert absent.failed
    assert "loader.py" in absent.reason


def test_quick_asks_for_one_round(part, scripts, tmp_path):
    assert part("programs").run("loop", tmp_path, quick=True, folder=scripts).rows[0].what == "loop --rounds 1"


def test_machine_without_a_gpu_is_no_failure(part, tmp_path, monkeypatch):
    monkeypatch.setattr(part("programs"), "_GPU", tmp_path / "absent")
    outcome = part("programs").run("gpu", tmp_path)
    assert (outcome.failed, outcome.reason) == (False, "not run: this machine has no NVIDIA GPU")


def test_chosen_keep_their_order_and_unknown_ones_are_refused(part):
    assert part("programs").chosen("feed, loader") == ["loader", "feed"]
    with pytest.raises(ConfigError, match="--only leader: no such benchmark; there are loader, feed"):
        part("programs").chosen("feed,leader")


def test_run_joins_rows_by_item_and_says_what_failed(part, scripts, tmp_path, monkeypatch, capsys):
    (scripts / "loader.py").write_text(GOOD.replace('"3"', '"1"').replace('"target": 2', '"target": 4'))
    programs = part("programs")
    bench = SimpleNamespace(**script("scripts/benchmarks/bench.py"))
    monkeypatch.setitem(bench.main.__globals__, "run", lambda *args: programs.run(*args, folder=scripts))
    monkeypatch.setattr(sys, "argv", ["bench.py", "--only", "loop,loader,feed", "--json", str(tmp_path / "all.json")])
    with pytest.raises(SystemExit) as end:
        bench.main()
    assert end.value.code == 1
    said = capsys.readouterr().out
    assert "1 of 2 targets met" in said
    assert "missed: loop , beside p" in said
    assert "feed: FAILED: feed: the disk is full" in said
    rows, about = part("rows").read(tmp_path / "all.json")
    assert [row.item for row in rows] == ["1", "3"]
    assert about["benchmarks"]["loop"]["command"] == "python loop.py"
    monkeypatch.setattr(sys, "argv", ["bench.py", "--markdown", str(tmp_path / "all.json")])
    bench.main()
    page = capsys.readouterr().out
    assert "### Loader\n" in page
    assert "| loop  | p | 9 | 3 | CPU-ms an image | 3 x | ≥ 2 x | met |" in page
    assert "- feed: feed: the disk is full" in page
    (document := tmp_path / "page.md").write_text("head\n<!-- figures -->\nold\n<!-- end of figures -->\ntail\n")
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--page", str(document)])
    bench.main()
    assert document.read_text() == f"head\n<!-- figures -->\n\n{page}\n<!-- end of figures -->\ntail\n"


@pytest.mark.parametrize("page", ["", "<!-- figures -->", "<!-- end of figures --> <!-- figures -->"])
def test_page_without_marks_is_refused(part, page):
    with pytest.raises(ConfigError, match="needs <!-- figures --> and <!-- end of figures --> in it once each"):
        part("markdown").inserted(page, "figures")


def test_page_of_this_repository_shows_the_figures_beside_it(part):
    page = (BUNDLE.parents[1] / "docs" / "explanation" / "performance.md").read_text()
    figures = BUNDLE.parents[1] / "docs" / "explanation" / "performance" / "bench.json"
    assert part("markdown").inserted(page, part("markdown").markdown(*part("rows").read(figures))) == page
