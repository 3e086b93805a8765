"""The page docs/how-to/simulate-labels.md: its commands, files and snippets work, its table lists what there is."""

import inspect
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from lucency.cli import command_line
from lucency.data import read_study_table, write_study_table
from lucency.labels import NIH14, simulate

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "simulate-labels.md").read_text()
COMMANDS = re.findall(r"^lucency simulate (.*)$", PAGE, flags=re.MULTILINE)


@pytest.fixture(autouse=True)
def _beside_the_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    present = np.random.default_rng(0).random((60, 14)) < 0.3
    states = pd.DataFrame(np.where(present, "positive", "negative"), columns=list(NIH14))
    names = [f"{number}.png" for number in range(60)]
    frame = states.assign(image=names, patient=names, study="", view="PA", age=50.0, sex="F", source="nih")
    frame["split"] = np.repeat(["train", "val", "test"], 20)
    write_study_table(frame, tmp_path / "DATA" / "truth.csv")
    for name in names:
        (tmp_path / "DATA" / name).touch()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_simulates(command):
    done = CliRunner().invoke(command_line(), ["simulate", *shlex.split(command)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    out = shlex.split(command)[2]
    truth, result = (read_study_table(f"{out}/{name}.csv") for name in ("truth", "table"))
    assert not result.equals(truth)


def test_the_steps_in_a_file_simulate():
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    Path("defects.yaml").write_text(block)
    done = CliRunner().invoke(command_line(), ["simulate", "DATA/truth.csv", "--out", "OUT", "--kind", "defects.yaml"])
    assert done.exit_code == 0, done.output
    recorded = yaml.safe_load(Path("OUT/simulation.json").read_text())["steps"]
    assert recorded == yaml.safe_load(block)


def test_the_snippet_runs():
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    names = {}
    exec(compile(block, "simulate-labels.md", "exec"), names)
    assert not names["labels"].equals(names["truth"])


def test_the_table_lists_every_kind_with_its_arguments_and_defaults():
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| (.*) \|$", PAGE, flags=re.MULTILINE)
    assert [kind for kind, _ in rows] == list(simulate.KINDS)
    for kind, cell in rows:
        parameters = inspect.signature(simulate.KINDS[kind]).parameters
        shown = re.findall(r"`(\w+)(?:: (\w+))?`", cell)
        names = [name for name, _ in shown if name in parameters]
        assert names == [name for name in parameters if name not in ("states", "seed", "findings", "keys")]
        for name, default in shown:
            if default:
                assert parameters[name].default == yaml.safe_load(default)
