"""The page docs/how-to/calibrate.md: its commands are accepted, its snippet runs, its tables list what there is."""

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from lucency.commands.calibrate import calibrate
from lucency.inference.calibration.fits import FITS
from lucency.labels import NIH14
from lucency.results.model_identity import ModelIdentity

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "calibrate.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^lucency calibrate (.*)$", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_calibrates(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    p = rng.random((300, 2))
    columns = {"patient": np.arange(300)}
    for column, finding in enumerate(("edema", "mass")):
        columns |= {f"probability_{finding}": p[:, column], f"target_{finding}": rng.random(300) < p[:, column] ** 2}
    for folder in ("EVALUATION", "SITE"):
        (tmp_path / folder).mkdir()
        pd.DataFrame(columns).astype(float).to_csv(tmp_path / folder / "scores.csv", index=False)
    model = ModelIdentity(name="b", version="1", findings=("edema", "mass"), weights_sha256="0a")
    (tmp_path / "EVALUATION" / "model.json").write_text(model.model_dump_json())
    app = typer.Typer()
    app.command()(calibrate)
    done = CliRunner().invoke(app, [*shlex.split(command), "--replicates", "20"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} >= {"site.yaml", "calibration.csv"}


def test_the_snippet_runs(capsys):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(compile(block, "calibrate.md", "exec"), {})
    assert "log_loss_calibrated" in capsys.readouterr().out


def test_the_tables_list_every_method_and_finding():
    assert re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE) == [*FITS, "auto"]
    assert sorted(re.findall(r"^\| (\w+) \| \d+ \|", PAGE, flags=re.MULTILINE)) == sorted(NIH14)
