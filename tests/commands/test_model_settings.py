"""Verbs that use weights know what those were trained with, say so, and can be told otherwise."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from lucency.cli import command_line
from lucency.commands.model_settings import model_options
from lucency.commands.run import _weights
from support import BUNDLE, FINDINGS, TINY, write_tiny_model

SETTINGS = {key: value for key, value in TINY.items() if key.startswith(("findings", "image_size", "network_def"))}


@pytest.fixture
def weights(tmp_path):
    """Tiny weights beside the record of their run."""
    (tmp_path / "run.json").write_text(json.dumps({"settings": SETTINGS | {"max_epochs": 3, "loss": "wan"}}))
    return write_tiny_model(tmp_path)


@pytest.fixture
def lucency(tmp_path, monkeypatch):
    """A function that runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        done = CliRunner().invoke(command_line(), [str(argument) for argument in arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done

    return run


def test_what_is_taken_over_is_printed_as_it_would_be_typed(weights, capsys):
    options = model_options(BUNDLE, weights, ["--image_size", "48", "--batch_size=2"])
    assert options == {**SETTINGS, "image_size": 48, "batch_size": 2}
    said = capsys.readouterr()
    assert said.out == ""
    assert f"--findings '{json.dumps(FINDINGS)}'" in said.err
    assert "image_size" not in said.err
    assert model_options(BUNDLE, weights.parent / "elsewhere" / "model.pt", []) == {}
    assert capsys.readouterr().err == ""


def test_weights_are_looked_for_where_the_workflow_will():
    assert _weights(Path("B"), {}) == Path("B/models/model.pt")
    assert _weights(Path("B"), {"ckpt_dir": "RUN"}) == Path("RUN/model.pt")
    assert _weights(Path("B"), {"ckpt_dir": "RUN", "weights": "W/best.pt"}) == Path("W/best.pt")


def test_export_check_and_predict_agree_without_being_told(weights, lucency):
    lucency("export", BUNDLE, "--weights", weights, "--backend", "onnxruntime")
    lucency("bundle", "golden", BUNDLE, "--weights", weights)
    lucency("bundle", "check", BUNDLE, "--weights", weights, "--backend", "torch")
    images = BUNDLE / "golden"
    plain = ["--check_image", "False", "--check_header", "False"]
    for backend in ("torch", "onnxruntime"):
        places = ["--bundle", BUNDLE, "--weights", weights, "--out", backend, "--backend", backend]
        lucency("predict", images, *places, *plain)
    lucency("run", BUNDLE, "inference", "--weights", weights, "--dataset_dir", images, "--output_dir", "run", *plain)
    tables = [pd.read_csv(f"{folder}/predictions.csv", index_col="file") for folder in ("torch", "onnxruntime", "run")]
    columns = [f"raw_{finding}" for finding in FINDINGS]
    assert (tables[0].status == "ok").sum() == 3
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table[columns], tables[0][columns], atol=1e-4)


def test_seeded_golden_answers_are_of_the_recipe_whatever_lies_in_its_models_folder(weights, lucency, tmp_path):
    lucency("bundle", "copy", BUNDLE.name, "--out", tmp_path)
    (tmp_path / BUNDLE.name / "models").mkdir()
    (tmp_path / BUNDLE.name / "models" / "run.json").write_text((weights.parent / "run.json").read_text())
    lucency("bundle", "check", tmp_path / BUNDLE.name, "--backend", "torch")
