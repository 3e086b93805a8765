"""The label-correlation bundle predicts: its network in every form, by every rung, with reports and heat maps."""

import numpy as np
import pandas as pd
import pydicom
import pytest
from PIL import Image
from typer.testing import CliRunner

from lucency.cli import command_line
from lucency.data.phantom import write_phantom
from lucency.release.golden import BundlePipeline, seeded_weights
from support import BUNDLE as SPML
from support import TINY, as_arguments

BUNDLE = SPML.with_name("cxr_label_correlation_classification")
FINDINGS = ["effusion", "no_finding", "support_devices"]
NETWORK = {key: value for key, value in TINY.items() if key.startswith("network_def")}
SETTINGS = {"findings": FINDINGS, "image_size": 64, **NETWORK}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    write_phantom(folder, images=3, size=128, workers=1, progress=False)
    return folder / "images"


def made_weights(folder, **rung):
    """Weights of an untrained network that tells images apart."""
    return seeded_weights(BundlePipeline(BUNDLE, SETTINGS | rung), 4, folder)


def run(*arguments):
    done = CliRunner().invoke(command_line(), [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output


def predict(images, weights, out, *options):
    places = ["--bundle", BUNDLE, "--weights", weights, "--out", out, "--workers", 0, "--progress_bar", False]
    run("predict", images, *places, *as_arguments(SETTINGS), *options)
    rows = pd.read_csv(out / "predictions.csv").set_index("file")
    assert set(rows.status) == {"ok"}
    return rows


def test_exported_networks_give_the_probabilities_of_the_network(images, tmp_path):
    weights = made_weights(tmp_path)
    backends = ["torchscript", "onnxruntime", "openvino"]
    chosen = [part for name in backends for part in ("--backend", name)]
    run("export", BUNDLE, "--weights", weights, *chosen, *as_arguments(SETTINGS))
    expected = predict(images, weights, tmp_path / "torch", "--backend", "torch")
    assert expected[FINDINGS].std().min() > 0.001
    for name in backends:
        rows = predict(images, weights, tmp_path / name, "--backend", name)
        assert (rows[FINDINGS] - expected[FINDINGS]).abs().max(axis=None) < 1e-4


@pytest.mark.parametrize("rung", ["bce", "decomposition"])
def test_weights_of_a_rung_predict_by_its_name(rung, images, tmp_path):
    weights = made_weights(tmp_path, ladder=rung)
    rows = predict(images, weights, tmp_path / "out", "--ladder", rung, "--backend", "torch")
    assert rows[FINDINGS].std().min() > 0.0001


def test_a_golden_test_of_ones_own_weights_holds(tmp_path):
    weights = made_weights(tmp_path)
    run("bundle", "golden", BUNDLE, "--weights", weights, *as_arguments(SETTINGS))
    run("bundle", "check", BUNDLE, "--weights", weights, "--backend", "torch", *as_arguments(SETTINGS))


@pytest.mark.parametrize("method", ["hirescam", "attention"])
def test_reports_and_heat_maps(method, images, tmp_path):
    weights = made_weights(tmp_path)
    options = ["--sr", "--fhir", "--heatmaps", "--heatmap_method", method, "--backend", "torch"]
    rows = predict(images, weights, tmp_path / "out", *options)
    for file in rows.index:
        assert pydicom.dcmread(tmp_path / "out" / "sr" / file).Modality == "SR"
        assert (tmp_path / "out" / "fhir" / f"{file}.json").is_file()
        drawn = sorted((tmp_path / "out" / "heatmaps" / file).iterdir())
        assert [path.stem for path in drawn] == sorted(FINDINGS)
        assert max(coloured(path) for path in drawn) > 0.05  # evenly looked at or without evidence, one may stay grey


def coloured(path):
    """Share of a picture's pixels that are not grey."""
    return float((np.ptp(np.asarray(Image.open(path).convert("RGB")).astype(int), axis=2) > 40).mean())
