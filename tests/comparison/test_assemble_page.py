"""The page docs/explanation/label-assemble.md and its script: commands, snippets, and a whole run on tiny images."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from lucency.comparison import Plan, assembled_study
from lucency.data import read_study_table, write_study_table
from support import benchmark_commands, parsed, script

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "label-assemble.md").read_text(encoding="utf-8")
COMMANDS = benchmark_commands(PAGE)
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
FINDINGS = ["cardiomegaly", "edema", "effusion", "pneumonia"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Bright images show all that they show."""
    folder, rng, rows = tmp_path_factory.mktemp("images"), np.random.default_rng(0), np.arange(90)
    states = rng.choice(["positive", "unmentioned"], size=(90, len(FINDINGS)))
    for row in rows:
        pixels = rng.integers(0, 60, size=(16, 16)) + 40 * (states[row] == "positive").sum()
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{row}.png")
    frame = pd.DataFrame(
        {
            "image": [f"{row}.png" for row in rows],
            "patient": [f"p{row // 2}" for row in rows],
            "study": [f"0000{row}" for row in rows],
            "view": "PA",
            "age": "50",
            "sex": "F",
            "source": np.where(rows // 2 % 2, "east", "west"),
            "split": np.repeat(["train", "val", "test"], 30),
            **dict(zip(FINDINGS, states.T, strict=True)),
        }
    )
    return write_study_table(frame, folder / "table.csv")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split("/")[-1][:40])
def test_the_commands_are_accepted(command, monkeypatch):
    given = parsed(command, monkeypatch)
    plan = Plan.read(ROOT / given.plan)
    assert not given.neighbours or plan.neighbours is not None


def test_the_script_climbs_the_ladder_and_counts_neighbours(table, tmp_path, monkeypatch, capsys):
    content = yaml.safe_load((ROOT / "scripts/benchmarks/recipes/assemble_phantom.yaml").read_text("utf-8"))
    content["sources"] = {"a": FINDINGS[:2], "b": FINDINGS[2:]}
    content["neighbours"] |= {"findings": FINDINGS[:1], "counts": [2]}
    content["recipe"]["network"] |= {"block_inplanes": [4, 4, 4, 4]}
    content["recipe"] |= {"seeds": [0, 1], "max_epochs": 1, "batch_size": 10, "learning_rates": [0.01]}
    content["recipe"]["losses"] = ["single_source", "naive_union", "label_assemble", "full_labels"]
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(content))
    command = ["assemble.py", str(tmp_path / "plan.yaml"), str(table), "--size", "16", "--out", str(tmp_path / "out")]
    command += ["--unmentioned", "negative", "--replicates", "10"]
    for more in (["--by", "source"], ["--neighbours"]):
        monkeypatch.setattr(sys, "argv", [*command, *more])
        script("scripts/benchmarks/assemble.py", "__main__")
    assert re.findall(r"\w+\.md", capsys.readouterr().out) == ["summary.md", "neighbours.md"]
    summary = (tmp_path / "out" / "summary.md").read_text("utf-8")
    assert "| rung | east, 14 images | west, 16 images |" in summary
    written = {path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".npy"} - {"runs"}
    named = re.findall(r"`(\w+\.(?:png|md|csv))`", PAGE.split("| file in the folder")[1].split("\n\n")[0])
    assert written == set(named)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "sauce"], "has no column 'sauce'"),
        (["--neighbours"], "has no key 'neighbours'"),
    ],
)
def test_a_mistake_is_one_line(table, tmp_path, monkeypatch, arguments, message):
    plan = {"sources": {"a": FINDINGS[:2], "b": FINDINGS[2:]}, "recipe": {"network": {"_target_": "torch.nn.Linear"}}}
    plan["recipe"]["losses"] = ["naive_union"]
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    command = ["assemble.py", str(tmp_path / "plan.yaml"), str(table), "--out", str(tmp_path), "--size", "8"]
    monkeypatch.setattr(sys, "argv", [*command, "--unmentioned", "negative", *arguments])
    with pytest.raises(SystemExit, match=message) as told:
        script("scripts/benchmarks/assemble.py", "__main__")
    assert "\n" not in str(told.value)


def test_two_label_spaces_are_joined_as_the_page_says(table, tmp_path, monkeypatch):
    (tmp_path / "NIH").mkdir()
    frame = read_study_table(table, check_files=False)
    write_study_table(frame, tmp_path / "NIH" / "table.csv")
    asked = np.arange(90) % 2 == 0
    opacity = np.arange(90) % 4 == 0
    told = pd.DataFrame({"image_id": frame["study"][asked], "rsna_lung_opacity": opacity[asked].astype(int)})
    told.to_csv(tmp_path / "NIH" / "labels_rsna_dev.csv", index=False)
    monkeypatch.chdir(tmp_path)
    exec(compile(SNIPPETS[0], "label-assemble.md", "exec"), {})
    joined = read_study_table(tmp_path / "NIH" / "rsna.csv", check_files=False).set_index("study").loc[frame["study"]]
    states = np.where(opacity, "positive", "negative")
    assert (joined["lung_opacity"] == np.where(asked, states, "unmentioned")).all()
    assert (joined["labelled"].str.contains("lung_opacity") == asked).all()
    assert set(joined["split"]) == {"train", "val", "test"}
    sources = {"rsna": ["lung_opacity"], "nih": FINDINGS}
    inputs = np.zeros((90, 3), np.float32)
    study = assembled_study(tmp_path / "NIH" / "rsna.csv", inputs, sources, deal="known", unmentioned="negative")
    assert (study.sources == np.where(joined["lung_opacity"].to_numpy() != "unmentioned", "rsna", "nih")).sum() == 90


def test_the_snippet_with_arrays_of_your_own_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(SNIPPETS[1], "label-assemble.md", "exec"), {})
    assert "ladder/summary.md" in capsys.readouterr().out
