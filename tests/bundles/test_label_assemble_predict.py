"""The Label-Assemble bundle predicts: its network in every form, reports and heat maps of it."""

import pandas as pd
import pydicom
import pytest
import torch
from typer.testing import CliRunner

from lucency.cli import command_line
from lucency.data.phantom import write_phantom
from lucency.inference import site_for, write_site
from lucency.inference.site import OperatingPoint
from lucency.release.golden import BundlePipeline
from lucency.results import identify_model
from support import BUNDLE as SPML
from support import TINY, as_arguments

BUNDLE = SPML.with_name("cxr_label_assemble_classification")
FINDINGS = ["effusion", "no_finding", "support_devices"]
NETWORK = {key: value for key, value in TINY.items() if key.startswith("network_def")}
HEADS = {
    "default": {},
    "image conditioned": {"network_def#controller": "mlp", "network_def#image_conditioned": True},
}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    write_phantom(folder, images=3, size=128, workers=1, progress=False)
    return folder / "images"


def settings(head):
    return {"findings": FINDINGS, "image_size": 64, **NETWORK, **HEADS[head]}


def made_weights(folder, head):
    """Weights of an untrained network that tells images apart."""
    torch.manual_seed(0)
    network = BundlePipeline(BUNDLE, settings(head)).part("network_def").train()
    network(torch.rand(8, 1, 64, 64))  # statistics of batch normalisation
    with torch.no_grad():
        for parameter in network.class_layers.out.parameters():
            parameter.mul_(3)
    torch.save(network.state_dict(), folder / "model.pt")
    return folder / "model.pt"


def run(*arguments):
    done = CliRunner().invoke(command_line(), [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output


def predict(images, weights, out, head, *options):
    places = ["--bundle", BUNDLE, "--weights", weights, "--out", out, "--workers", 0, "--progress_bar", False]
    run("predict", images, *places, *as_arguments(settings(head)), *options)
    return pd.read_csv(out / "predictions.csv").set_index("file")


@pytest.mark.parametrize("head", ["default", pytest.param("image conditioned", marks=pytest.mark.slow)])
def test_exported_networks_give_the_probabilities_of_the_network(head, images, tmp_path):
    weights = made_weights(tmp_path, head)
    backends = ["torchscript", "onnxruntime"]
    chosen = [part for name in backends for part in ("--backend", name)]
    run("export", BUNDLE, "--weights", weights, *chosen, *as_arguments(settings(head)))
    expected = predict(images, weights, tmp_path / "torch", head, "--backend", "torch")
    assert set(expected.status) == {"ok"}
    assert expected[FINDINGS].std().min() > 0.001
    for name in backends:
        rows = predict(images, weights, tmp_path / name, head, "--backend", name)
        assert (rows[FINDINGS] - expected[FINDINGS]).abs().max(axis=None) < 1e-4


def test_reports_and_heat_maps_of_what_is_present(images, tmp_path):
    weights = made_weights(tmp_path, "default")
    size = {"image_size": 64, "fit": "pad"}
    model = identify_model(bundle_root=BUNDLE, weights=weights, findings=FINDINGS, settings=size)
    points = {finding: OperatingPoint(threshold=0, rule="given") for finding in FINDINGS}
    site = write_site(tmp_path / "site.yaml", site_for(model).model_copy(update={"operating_points": points}))
    options = ["--site", site, "--sr", "--fhir", "--heatmaps", "--backend", "torch"]
    rows = predict(images, weights, tmp_path / "out", "default", *options)
    for file in rows.index:
        assert pydicom.dcmread(tmp_path / "out" / "sr" / file).Modality == "SR"
        assert (tmp_path / "out" / "fhir" / f"{file}.json").is_file()
        drawn = sorted(path.stem for path in (tmp_path / "out" / "heatmaps" / file).iterdir())
        assert drawn == sorted(FINDINGS)
