"""The files of a converted bundle: what hosts, people and the house's own commands expect of it."""

import json

import pytest
import torch
import yaml
from monai.bundle import ConfigParser, ConfigWorkflow, verify_net_in_out
from safetensors.torch import load_file

from lucency.bundle.keys import flatten, unused_keys
from lucency.inference.heatmaps import EvidenceMaps
from lucency.inference.site_file import read_site
from lucency.release.convert import convert_weights
from lucency.release.convert.blocks import split_blocks
from references.chexnet import LABELS
from support import BUNDLE

TRAINED = [
    "atelectasis", "consolidation", "pneumothorax", "edema", "fibrosis", "effusion", "pneumonia", "pleural_thickening",
    "cardiomegaly", "nodule", "hernia", "lung_lesion", "fracture", "lung_opacity",
]  # fmt: skip


@pytest.fixture(params=["torchxrayvision", "chexnet"])
def folder(request):
    original = request.getfixturevalue(request.param)
    return original.wide if request.param == "chexnet" else original.folder


def read(folder):
    return yaml.safe_load((folder / "configs" / "inference.yaml").read_text())


def test_configuration_differs_from_the_house_s_in_what_the_original_wants_and_no_more(folder):
    _, house = split_blocks((BUNDLE / "configs" / "inference.yaml").read_text())
    _, ours = split_blocks((folder / "configs" / "inference.yaml").read_text())
    changed = {key for key in ours if house.get(key) != ours[key]} | (house.keys() - ours.keys())
    wanted = {"findings", "image_size", "fit", "weights", "site", "heatmap_layer", "network_def", "preprocessing"}
    own = {"scaling", "densenet", "shorter_side"}
    assert {"findings", "weights", "network_def", "preprocessing", "scaling", "densenet"} <= changed <= wanted | own


def test_heat_maps_look_at_the_same_layer_of_the_network_inside(folder):
    house = yaml.safe_load((BUNDLE / "configs" / "inference.yaml").read_text())
    assert read(folder)["heatmap_layer"] == f"1.{house['heatmap_layer']}"


def test_heat_maps_are_not_laid_over_the_wrong_place(chexnet):
    """They know pad and crop alone; the bundle that crops a resized image is neither."""
    assert read(chexnet.folder)["fit"] == "crop"
    assert read(chexnet.wide)["fit"] == "crop of 256"


def test_settings_tell_bundles_of_the_same_weights_apart(chexnet):
    settings = [read(folder)["model"]["settings"] for folder in (chexnet.folder, chexnet.wide)]
    fits = [read(folder)["fit"] for folder in (chexnet.folder, chexnet.wide)]
    assert all("@fit" in found.values() for found in settings)
    assert fits[0] != fits[1]


def test_configuration_keeps_house_style(folder):
    text = (folder / "configs" / "inference.yaml").read_text()
    assert text.startswith("# Probabilities")
    assert unused_keys(yaml.safe_load(text)) == []
    for key, leaf in flatten(yaml.safe_load(text)).items():
        assert not (isinstance(leaf, str) and leaf.startswith("$") and len(leaf) > 61), key


def test_monai_finds_every_property_it_requires(folder, synthetic):
    workflow = ConfigWorkflow(
        config_file=str(folder / "configs" / "inference.yaml"),
        workflow_type="infer",
        bundle_root=str(folder),
        dataset_dir=str(synthetic[0].parent),
    )
    workflow.initialize()
    assert workflow.check_properties() == []


def test_network_takes_and_gives_what_the_metadata_says(folder):
    configs = folder / "configs"
    verify_net_in_out("network_def", str(configs / "metadata.json"), str(configs / "inference.yaml"), device="cpu")


def test_metadata_name_the_findings(folder):
    metadata = json.loads((folder / "configs" / "metadata.json").read_text())
    outputs = metadata["network_data_format"]["outputs"]["pred"]
    assert list(outputs["channel_def"].values()) == read(folder)["findings"]
    assert outputs["num_channels"] == len(read(folder)["findings"])
    assert metadata["version"] in metadata["changelog"]
    assert metadata["name"] == folder.name


def test_untrained_outputs_are_left_out(torchxrayvision, chexnet):
    assert read(torchxrayvision.folder)["findings"] == TRAINED
    assert read(chexnet.folder)["findings"] == [label.lower() for label in LABELS]


def test_thresholds_are_operating_points_of_this_very_model(torchxrayvision, chexnet):
    parser = ConfigParser()
    parser.read_config(str(torchxrayvision.folder / "configs" / "inference.yaml"))
    parser["bundle_root"] = str(torchxrayvision.folder)
    site = parser.get_parsed_content("assessment")
    assert site == read_site(torchxrayvision.folder / "site.yaml", parser.get_parsed_content("model"))
    assert list(site.operating_points) == TRAINED
    published = torchxrayvision.network.op_threshs
    given = torch.tensor([point.threshold for point in site.operating_points.values()])
    assert torch.equal(given, published[~published.isnan()])
    assert {(point.rule, point.evidence) for point in site.operating_points.values()} == {("given", None)}
    assert site.calibration == {}
    assert not (chexnet.folder / "site.yaml").exists()
    assert read(chexnet.folder)["site"] is None


def test_readme_says_what_is_known_and_what_is_not(torchxrayvision, chexnet):
    page = (torchxrayvision.folder / "docs" / "README.md").read_text()
    assert "| Lung Opacity | `lung_opacity` | 0." in page
    assert "4 of 18 outputs were not trained" in page
    assert "op_norm" in page
    assert "not known to Lucency" in page
    page = (chexnet.wide / "docs" / "README.md").read_text()
    assert "to 256 pixels" in page
    assert "site.yaml" in page
    assert "op_threshs" not in page


def test_the_same_weights_give_the_same_bundle(chexnet, tmp_path):
    again = tmp_path / chexnet.folder.name
    convert_weights(chexnet.weights, "chexnet", again)
    for file in (path for path in chexnet.folder.rglob("*") if path.is_file()):
        assert (again / file.relative_to(chexnet.folder)).read_bytes() == file.read_bytes()


def test_scaling_lies_with_the_weights(torchxrayvision):
    state = load_file(torchxrayvision.folder / "models" / "model.safetensors")
    assert (state["0.weight"].item(), state["0.bias"].item()) == (2048, -1024)


def test_heat_maps_find_the_layer(torchxrayvision):
    parser = ConfigParser()
    parser.read_config(str(torchxrayvision.folder / "configs" / "inference.yaml"))
    maps = EvidenceMaps(parser.get_parsed_content("network_def"), layer=parser["heatmap_layer"])
    _, heat = maps(torch.rand(1, 64, 64), findings=[0, 3])
    assert heat.shape == (2, 2, 2)
