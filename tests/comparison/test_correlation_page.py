"""The page docs/explanation/label-correlation.md and its script: commands, snippet, and a whole run on tiny data."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from lucency.comparison import CorrelationPlan, fold_studies, image_array, write_feature_maps
from lucency.data.phantom import write_phantom
from support import benchmark_commands, parsed, script

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "label-correlation.md").read_text(encoding="utf-8")
COMMANDS = benchmark_commands(PAGE)
RECIPE = ROOT / "scripts/benchmarks/recipes/correlation_maps.yaml"


def climb():
    script("scripts/benchmarks/correlation.py", "__main__")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    return write_phantom(folder, images=50, size=32, workers=1, format="png").with_name("truth.csv")


@pytest.fixture(scope="module")
def maps(table, tmp_path_factory):
    values = np.random.default_rng(0).normal(size=(50, 6, 2, 2)).astype(np.float16)
    return write_feature_maps(tmp_path_factory.mktemp("maps") / "maps.npy", values, table)


def write_plan(path, **recipe):
    content = yaml.safe_load(RECIPE.read_text("utf-8")) | {"folds": 2, "repeats": 1}
    content["recipe"] |= {"max_epochs": 1, "learning_rates": [0.01], **recipe}
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split("/")[-1][:40])
def test_the_commands_are_accepted(command, monkeypatch):
    given = parsed(command, monkeypatch)
    if hasattr(given, "plan"):
        CorrelationPlan.read(ROOT / given.plan)


def test_the_script_leaves_the_files_that_the_page_names(table, maps, tmp_path, monkeypatch, capsys):
    plan, out = write_plan(tmp_path / "plan.yaml", losses=["bce", "global"]), tmp_path / "out"
    command = ["correlation.py", str(plan), str(table), "--maps", str(maps), "--out", str(out), "--name", "tiny"]
    monkeypatch.setattr(sys, "argv", command)
    climb()
    assert "summary.md" in capsys.readouterr().out
    summary = (out / "summary.md").read_text("utf-8")
    assert "tiny, feature maps of 6 x 2 x 2: 50 images" in summary
    named = re.findall(r"`(\w+\.(?:png|md|csv))`", PAGE.split("| file in the folder")[1].split("\n\n")[0])
    assert {path.name for path in out.iterdir()} - {"runs"} == set(named)
    assert len(list((out / "runs").iterdir())) == 2 * 2


def test_on_images_all_rungs_begin_with_the_same_encoder(table, tmp_path):
    ends = {"spatial_dims": 2, "in_channels": 1, "out_channels": "@outputs", "block_config": [2, 2]}
    content = yaml.safe_load(RECIPE.read_text("utf-8"))
    content["recipe"]["network"] = {"_target_": "monai.networks.nets.DenseNet121", **ends}
    content["correlation_network"] = {"_target_": "lucency.networks.LabelCorrelationDenseNet", "dim": 8, **ends}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(content))
    plan = CorrelationPlan.read(tmp_path / "plan.yaml")
    images = image_array(table, 32, cache=tmp_path)
    study = next(iter(fold_studies(table, images, folds=2))).study
    networks = [rung.build_network(study, plan.recipe, 3) for rung in plan.rungs]
    weights = [network.features.state_dict() for network in networks]
    for own in weights[1:]:
        assert own.keys() == weights[0].keys()
        assert all(torch.equal(own[name], weights[0][name]) for name in own)
    last = networks[-1].eval()
    before = {name: value.clone() for name, value in last.state_dict().items()}
    told = plan.rungs[-1].extras(last, [torch.rand(4, 1, 32, 32)])
    assert told["G"].shape == (14, 14)
    after = last.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())  # running means, too


@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        ({"losses": ["bce", "contrats"]}, [], "plan.yaml: no rung 'contrats'; did you mean 'contrast'"),
        ({"losses": ["global"]}, [], "plan.yaml: plan: losses of the recipe lack 'bce'"),
        ({}, ["--maps", "absent.npy"], "absent.npy: not readable as feature maps"),
    ],
)
def test_a_mistake_is_one_line(table, maps, tmp_path, monkeypatch, changes, arguments, message):
    plan = write_plan(tmp_path / "plan.yaml", **changes)
    command = ["correlation.py", str(plan), str(table), "--out", str(tmp_path), "--maps", str(maps), *arguments]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit, match=message) as told:
        climb()
    assert "\n" not in str(told.value)


def test_the_snippet_runs(tmp_path, monkeypatch, capsys):
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, "label-correlation.md", "exec"), {})
    assert "ladder/summary.md" in capsys.readouterr().out
