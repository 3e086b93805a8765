"""The page docs/explanation/losses-compared.md: its snippet runs, its commands are accepted, its files are written."""

import re
import sys
from pathlib import Path

import pytest

from lucency.comparison import Recipe
from support import benchmark_commands, parsed, script

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "losses-compared.md").read_text(encoding="utf-8")
COMMANDS = benchmark_commands(PAGE)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split("/")[-1][:40])
def test_the_commands_are_accepted(command, monkeypatch):
    given = parsed(command, monkeypatch)
    if hasattr(given, "recipe"):
        Recipe.read(ROOT / given.recipe)


def test_the_snippet_runs_and_the_files_are_those_named(tmp_path, monkeypatch, capsys):
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bundles").symlink_to(ROOT / "bundles")
    exec(compile(snippet, "losses-compared.md", "exec"), {})
    assert "comparison/summary.md" in capsys.readouterr().out
    written = {path.name for path in (tmp_path / "comparison").iterdir()} - {"runs"}
    named = set(re.findall(r"`(\w+\.(?:png|md|parquet))`", PAGE.split("| file in the folder")[1].split("\n\n")[0]))
    assert written == named | {"measures.csv", "differences.csv"}


def test_a_mistake_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["losses.py", str(tmp_path / "absent.yaml"), "t.csv", "--out", "o", "--size", "8"])
    with pytest.raises(SystemExit, match=r"absent.yaml: not readable as YAML \([^\n]*\)$"):
        script("scripts/benchmarks/losses.py", "__main__")
