"""The tutorial on noisy labels, from its first command to its last, on fewer and smaller images."""

import re

import pandas as pd
import pytest

from pages import ROOT, follow

PAGE = ROOT / "docs" / "tutorials" / "refine-noisy-labels.md"
SMALLER = {
    "--images 1000 --size 96": "--images 80 --size 32 --workers 1",
    "--image_size 64": "--image_size 32 --progress_bar False",
    "--max_epochs 12": "--max_epochs 2",
    "[2,2,4,2]": "[1,1,1,1]",
    "--budget 60": "--budget 5",
}


@pytest.mark.slow
def test_every_step_runs_and_changes_only_what_was_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    follow(PAGE, SMALLER)
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
