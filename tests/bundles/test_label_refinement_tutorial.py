"""The tutorial on noisy labels, from its first command to its last, on fewer and smaller images."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from lucency.cli import command_line

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorials" / "refine-noisy-labels.md").read_text()
SMALLER = {
    "--images 1000 --size 96": "--images 80 --size 32 --workers 1",
    "--image_size 64": "--image_size 32 --progress_bar False",
    "--max_epochs 12": "--max_epochs 2",
    "[2,2,4,2]": "[1,1,1,1]",
    "--budget 60": "--budget 5",
}


def typed(block):
    """Arguments of each command in a block of the page, made smaller."""
    for full, small in SMALLER.items():
        assert full in PAGE
        block = block.replace(full, small)
    for line in block.replace("\\\n", " ").splitlines():
        program, *arguments = shlex.split(line)
        assert program == "lucency"
        yield arguments


@pytest.mark.slow
def test_every_step_runs_and_changes_only_what_was_asked(tmp_path, monkeypatch, capsys):
    (tmp_path / "bundles").symlink_to(ROOT / "bundles")
    monkeypatch.chdir(tmp_path)
    for language, block in re.findall(r"```(bash|python)\n(.*?)```", PAGE, flags=re.DOTALL):
        if language == "python":
            exec(compile(block, "refine-noisy-labels.md", "exec"), {})
            continue
        for arguments in typed(block):
            done = CliRunner().invoke(command_line(), arguments, catch_exceptions=False)
            assert done.exit_code == 0, done.output
    findings = ["consolidation", "edema", "effusion", "emphysema"]
    noisy, cleaner = (
        pd.read_csv(f"NOISY/{name}.csv").melt(["image"], findings, "finding") for name in ("table", "cleaner")
    )
    changed = noisy[noisy.value != cleaner.value]
    asked = set(pd.read_csv("ROUND1/worklist/worklist.csv")[["image", "finding"]].itertuples(index=False, name=None))
    assert len(asked) == 20
    assert set(changed[["image", "finding"]].itertuples(index=False, name=None)) <= asked
    counted = capsys.readouterr().out
    assert re.search(r"noisy: \d+ labels, \d+ wrong", counted)
    assert (tmp_path / "PHASE2" / "eval" / "metrics.csv").is_file()
