"""The page docs/how-to/set-operating-points.md: its commands, rules and snippets work."""

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from lucency.commands.operating_points import operating_points
from lucency.inference.operating_points import Rule, parse_rules
from lucency.inference.operating_points.rule import NO_POINT
from lucency.inference.site import Site
from lucency.inference.site_file import read_site, reference_to, write_site
from lucency.results.model_identity import ModelIdentity

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "set-operating-points.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^lucency operating-points (.*)$", PAGE, flags=re.MULTILINE)
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
MODEL = ModelIdentity(name="bundle", version="1", findings=("edema", "mass"), weights_sha256="0a")


@pytest.fixture(autouse=True)
def _beside_an_evaluation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    truth = np.tile([[0.0, 0.0], [1.0, 1.0]], (60, 1))
    probabilities = np.clip(0.4 * truth + np.linspace(0, 0.5, len(truth))[:, None], 0, 1)
    frame = pd.DataFrame({"patient": np.arange(len(truth))})
    for column, finding in enumerate(MODEL.findings):
        frame[f"target_{finding}"], frame[f"probability_{finding}"] = truth[:, column], probabilities[:, column]
    (tmp_path / "EVALUATION").mkdir()
    frame.to_csv("EVALUATION/scores.csv", index=False)
    Path("EVALUATION/model.json").write_text(MODEL.model_dump_json())
    (rules,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    Path("rules.yaml").write_text(rules)
    write_site("site.yaml", Site(model=reference_to(MODEL)))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_sets_points(command):
    app = typer.Typer()
    app.command()(operating_points)
    arguments = shlex.split(command)
    done = CliRunner().invoke(app, [*arguments, "--replicates", "5"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    written = arguments[arguments.index("--out" if "--out" in arguments else "--site") + 1]
    assert read_site(written, MODEL).operating_points["edema"].sensitivity
    assert Path(written).with_name("operating_points.csv").exists()


def test_the_table_lists_every_rule():
    cells = re.findall(r"^\| (`.*?`) \|", PAGE, flags=re.MULTILINE)
    listed = [name for cell in cells for name in re.findall(r"`(\w+)", cell)]
    assert sorted(listed) == sorted([*Rule.__annotations__["kind"].__args__, NO_POINT])
    assert parse_rules(["rules.yaml"]).default == Rule("sensitivity", 0.9)


def test_the_snippet_of_the_python_interface_runs(capsys):
    (snippet,) = [snippet for snippet in SNIPPETS if "DRAWS" not in snippet]
    exec(compile(snippet, "set-operating-points.md", "exec"), {})
    assert read_site("site.yaml", MODEL).operating_points["edema"].rule == "youden"
    assert "edema" in capsys.readouterr().out


def test_the_measurement_runs_and_in_sample_figures_reach_their_targets(real_data):
    (snippet,) = [snippet for snippet in SNIPPETS if "DRAWS" in snippet]
    names = {"DATA": real_data, "DRAWS": 1}
    exec(compile(snippet, "set-operating-points.md", "exec"), names)
    in_sample = names["table"].query("folds == 0")
    assert in_sample["rule"].nunique() == 2
    assert (in_sample["measured"] >= in_sample["rule"].str.partition("=")[2].astype(float)).all()
