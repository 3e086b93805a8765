"""The page docs/explanation/label-refinement.md and its script: commands, snippet, and a whole run on tiny data."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from lucency.comparison import write_feature_maps
from lucency.comparison.refinement_plan import RefinementPlan
from lucency.data.phantom import write_phantom
from lucency.labels import NIH14
from support import benchmark_commands, parsed, script

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "label-refinement.md").read_text(encoding="utf-8")
COMMANDS = benchmark_commands(PAGE)
RECIPE = ROOT / "scripts/benchmarks/recipes/refinement_phantom.yaml"


def experiment():
    script("scripts/benchmarks/refinement.py", "__main__")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    return write_phantom(folder, images=120, size=32, workers=1, format="png").with_name("truth.csv")


@pytest.fixture(scope="module")
def maps(table, tmp_path_factory):
    values = np.random.default_rng(0).normal(size=(120, 6, 2, 2)).astype(np.float16)
    return write_feature_maps(tmp_path_factory.mktemp("maps") / "maps.npy", values, table)


@pytest.fixture
def rates(tmp_path):
    """A miner that misses a third of the present findings and invents a tenth of the absent ones."""
    rows = [f"{finding.title()},1000,300,270,200" for finding in NIH14]
    path = tmp_path / "rates.csv"
    path.write_text("\n".join(["finding,n,expert_pos,nlp_pos,both", *rows]))
    return path


def write_plan(path, **changes):
    content = yaml.safe_load(RECIPE.read_text("utf-8"))
    arms = [arm for arm in content["arms"] if arm["name"] in ("random_image", "cross_entropy")]
    content |= {"seeds": [0, 1], "rounds": 1, "replicates": 20, "folds": 2, "arms": arms, **changes}
    content["head"] |= {"epochs": 2}
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split("/")[-1][:40])
def test_the_commands_are_accepted(command, monkeypatch):
    given = parsed(command, monkeypatch)
    if hasattr(given, "plan"):
        plan = RefinementPlan.read(ROOT / given.plan)
        assert (plan.noise == "measured") == bool(given.rates)


def test_the_script_leaves_the_files_that_the_page_names(table, maps, rates, tmp_path, monkeypatch, capsys):
    plan, out = write_plan(tmp_path / "plan.yaml"), tmp_path / "out"
    command = ["refinement.py", str(plan), str(table), "--maps", str(maps), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", [*command, "--rates", str(rates), "--name", "tiny"])
    experiment()
    assert "summary.md" in capsys.readouterr().out
    summary = (out / "summary.md").read_text("utf-8")
    assert summary.startswith("# Label refinement: tiny\n")
    assert "nan" not in summary.split("## By finding")[0].split("## Rounds of reading")[1]
    named = re.findall(r"`(\w+\.(?:png|md|csv))`", PAGE.split("| file in the folder")[1].split("\n\n")[0])
    assert {path.name for path in out.iterdir()} == set(named)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "plan.yaml: noise is measured; name the CSV with --rates"),
        ({"round": 3}, "plan.yaml: no key 'round'; did you mean 'rounds'"),
        ({"arms": [{"name": "random_image", "method": "random_imag"}]}, "'random_imag' is not known"),
        ({"arms": []}, "plan.yaml: plan: arms need one named random_image"),
    ],
)
def test_a_mistake_is_one_line(table, maps, tmp_path, monkeypatch, changes, message):
    plan = write_plan(tmp_path / "plan.yaml", **changes)
    monkeypatch.setattr(sys, "argv", ["refinement.py", str(plan), str(table), "--maps", str(maps), "--out", "out"])
    with pytest.raises(SystemExit, match=message) as told:
        experiment()
    assert "\n" not in str(told.value)


def test_the_snippet_runs(tmp_path, monkeypatch, capsys):
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, "label-refinement.md", "exec"), {})
    said = capsys.readouterr().out.split()
    assert said[-1] == "True"
