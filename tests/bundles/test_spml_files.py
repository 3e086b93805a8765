"""What the bundle's files promise to hosts: properties, metadata, house style of the configurations."""

import json
import re

import pytest
import torch
import yaml
from monai.bundle import ConfigParser, ConfigWorkflow, verify_net_in_out

from lucency import __version__
from lucency.bundle.keys import flatten, unused_keys
from support import BUNDLE, FINDINGS

CONFIGS = sorted((BUNDLE / "configs").rglob("*.yaml"))
METADATA = json.loads((BUNDLE / "configs" / "metadata.json").read_text())


@pytest.mark.parametrize(("name", "kind"), [("train", "train"), ("inference", "infer")])
def test_monai_finds_every_property_it_requires(name, kind, study):
    file = BUNDLE / "configs" / f"{name}.yaml"
    workflow = ConfigWorkflow(config_file=str(file), workflow_type=kind, dataset_dir=str(study), findings=FINDINGS)
    workflow.initialize()
    assert workflow.check_properties() == []


@pytest.mark.parametrize("options", [{}, {"learning_rate": 0.5}, {"optimizer#lr": 0.25}])
def test_what_a_loss_learns_follows_the_learning_rate_of_the_network(options, study):
    files = [str(BUNDLE / "configs" / name) for name in ("train.yaml", "loss/role.yaml")]
    parser = ConfigParser()
    parser.read_config(files)
    parser.update({"dataset_dir": str(study), "findings": FINDINGS, **options})
    of_network, of_loss = parser.get_parsed_content("optimizer").param_groups
    assert of_network["lr"] == next(iter(options.values()), 0.001)
    assert of_loss["lr"] == pytest.approx(10 * of_network["lr"])
    assert of_loss["weight_decay"] == 0
    assert of_loss["params"][0] is parser.get_parsed_content("loss").estimates


def test_findings_are_the_same_everywhere():
    outputs = METADATA["network_data_format"]["outputs"]["pred"]
    names = list(outputs["channel_def"].values())
    assert outputs["num_channels"] == len(names)
    for name in ("train", "inference"):
        assert yaml.safe_load((BUNDLE / "configs" / f"{name}.yaml").read_text())["findings"] == names


def test_train_and_inference_preprocess_alike():
    train = yaml.safe_load((BUNDLE / "configs" / "train.yaml").read_text())["train"]["deterministic_transforms"]
    inference = yaml.safe_load((BUNDLE / "configs" / "inference.yaml").read_text())["preprocessing"]["transforms"]
    train[-1]["keys"] = "image"  # training has labels to convert as well
    assert train == inference


def test_after_the_reader_inference_is_stock_monai_by_default():
    transforms = yaml.safe_load((BUNDLE / "configs" / "inference.yaml").read_text())["preprocessing"]["transforms"]
    ours = [t for t in transforms if t["_target_"].startswith("lucency") and "_disabled_" not in t]
    assert ours == []
    assert transforms[0]["_target_"] == "LoadImaged"


def test_metadata_is_versioned():
    assert METADATA["version"] in METADATA["changelog"]
    assert METADATA["version"] == __version__


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_configurations_keep_house_style(path):
    text = path.read_text()
    assert text.startswith("# ")
    for key, leaf in flatten(yaml.safe_load(text)).items():
        if isinstance(leaf, str) and leaf.startswith("$"):
            assert len(leaf) <= 61, key
            assert "lambda" not in leaf, key
            assert not re.search(r"\b(eval|exec|open)\(", leaf), key
        assert not (isinstance(leaf, str) and leaf.startswith("%")), key
    if path.parent.name == "loss":
        assert len(text.splitlines()) < 10
        assert re.search(r"\d{4}", text.splitlines()[0]), "the paper belongs in line 1"


def test_weights_are_loaded_first_and_can_not_be_switched_off():
    first = yaml.safe_load((BUNDLE / "configs" / "inference.yaml").read_text())["handlers"][0]
    assert first["_target_"] == "lucency.engines.LoadWeights"
    assert "_disabled_" not in first


@pytest.mark.parametrize("name", ["train", "inference"])
def test_no_shipped_key_is_unused(name):
    assert unused_keys(yaml.safe_load((BUNDLE / "configs" / f"{name}.yaml").read_text())) == []


def test_network_takes_and_gives_what_the_metadata_says():
    verify_net_in_out(
        net_id="network_def",
        meta_file=str(BUNDLE / "configs" / "metadata.json"),
        config_file=str(BUNDLE / "configs" / "inference.yaml"),
        device="cpu",
    )


def test_preprocessing_gives_the_declared_shape_and_range(tmp_path):
    import numpy as np
    from PIL import Image

    Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 200), dtype=np.uint8)).save(tmp_path / "a.png")
    parser = ConfigParser()
    parser.read_config(str(BUNDLE / "configs" / "inference.yaml"))
    image = parser.get_parsed_content("preprocessing")({"image": str(tmp_path / "a.png")})["image"]
    declared = METADATA["network_data_format"]["inputs"]["image"]
    assert list(image.shape) == [declared["num_channels"], *declared["spatial_shape"]]
    assert str(image.dtype) == f"torch.{declared['dtype']}"
    low, high = declared["value_range"]
    assert low <= image.min() < image.max() <= high
    assert type(image) is torch.Tensor
