"""`lucency convert` on the command line, and the bundle it leaves under `lucency run`."""

import csv

import pytest
import torch
import typer
import yaml
from typer.testing import CliRunner

from lucency.bundle import run_bundle
from lucency.commands.convert import convert
from lucency.errors import LucencyError


@pytest.fixture
def invoke():
    app = typer.Typer()
    app.command()(convert)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_conversion_says_what_it_did(invoke, torchxrayvision, tmp_path):
    result = invoke(torchxrayvision.weights, "--kind", "torchxrayvision", "--out", tmp_path / "bundle")
    assert result.exit_code == 0
    assert "14 findings (atelectasis, consolidation, " in result.output
    assert "4 untrained outputs left out; 14 published thresholds in site.yaml" in result.output


def test_labels_come_from_the_command_line_or_a_file(invoke, chexnet, tmp_path):
    labels = ["", "cardiomegaly", "Effusion", *[""] * 10, "Lung Opacity"]
    (tmp_path / "labels.txt").write_text("\n".join(labels) + "\n")
    options = {"line": ["--findings", ",".join(labels)], "file": ["--labels", tmp_path / "labels.txt"]}
    for name, option in options.items():
        result = invoke(chexnet.weights, "--kind", "chexnet", "--out", tmp_path / name, *option)
        assert "3 findings (cardiomegaly, effusion, lung_opacity), 11 untrained outputs left out" in result.output
    files = [(tmp_path / name / "models" / "model.safetensors").read_bytes() for name in options]
    assert files[0] == files[1]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_of_labels_that_cannot_be_read(invoke, chexnet, tmp_path, content):
    if content:
        (tmp_path / "labels.txt").write_bytes(content)
    result = invoke(chexnet.weights, "--kind", "chexnet", "--out", tmp_path, "--labels", tmp_path / "labels.txt")
    assert isinstance(result.exception, LucencyError)
    assert "give a text file with one label a line" in str(result.exception)


def test_labels_are_given_once(invoke, chexnet, tmp_path):
    result = invoke(chexnet.weights, "--kind", "chexnet", "--out", tmp_path, "--findings", "a", "--labels", "b")
    assert "give one of them" in str(result.exception)


def test_the_bundle_runs_with_decisions_of_the_published_thresholds(
    torchxrayvision, synthetic, probabilities, tmp_path
):
    places = {"dataset_dir": str(synthetic[0].parent), "output_dir": str(tmp_path)}
    run_bundle(torchxrayvision.folder, "inference", overrides=places | {"progress_bar": False, "check_image": False})
    with (tmp_path / "predictions.csv").open() as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    expected = probabilities(torchxrayvision.folder, synthetic)
    assert [rows[file.name]["status"] for file in synthetic] == ["ok"] * len(synthetic)
    findings = yaml.safe_load((torchxrayvision.folder / "configs" / "inference.yaml").read_text())["findings"]
    found = torch.tensor([[float(rows[file.name][finding]) for finding in findings] for file in synthetic])
    assert (found - expected).abs().max() < 1e-5
