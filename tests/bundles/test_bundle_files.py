"""What the files of every bundle promise to hosts: properties, metadata, house style of the configurations."""

import json
import re

import pytest
import torch
import yaml
from monai.bundle import ConfigParser, ConfigWorkflow, verify_net_in_out

from lucency import __version__
from lucency.bundle.keys import flatten, unused_keys
from lucency.release.checklist.expression import names_file
from support import BUNDLE, FINDINGS

BUNDLES = sorted(path.parents[1] for path in BUNDLE.parent.glob("*/configs/metadata.json"))
CONFIGS = [path for bundle in BUNDLES for path in sorted((bundle / "configs").rglob("*.yaml"))]


@pytest.fixture(params=BUNDLES, ids=lambda bundle: bundle.name)
def bundle(request):
    return request.param


@pytest.fixture
def metadata(bundle):
    return json.loads((bundle / "configs" / "metadata.json").read_text())


def read(bundle, name):
    return yaml.safe_load((bundle / "configs" / f"{name}.yaml").read_text())


@pytest.mark.parametrize(("name", "kind"), [("train", "train"), ("inference", "infer")])
def test_monai_finds_every_property_it_requires(name, kind, study, bundle):
    file = bundle / "configs" / f"{name}.yaml"
    places = {"bundle_root": str(bundle), "dataset_dir": str(study)}
    workflow = ConfigWorkflow(config_file=str(file), workflow_type=kind, findings=FINDINGS, batch_size=8, **places)
    workflow.initialize()
    assert workflow.check_properties() == []


def test_findings_are_the_same_everywhere(bundle, metadata):
    outputs = metadata["network_data_format"]["outputs"]["pred"]
    names = list(outputs["channel_def"].values())
    assert outputs["num_channels"] == len(names)
    for name in ("train", "inference"):
        assert read(bundle, name)["findings"] == names


@pytest.mark.parametrize("fit", ["pad", "crop"])
def test_training_and_inference_see_the_same_pixels(fit, bundle, study):
    settings = {"findings": FINDINGS, "image_size": 32, "fit": fit, "dataset_dir": str(study), "progress_bar": False}
    train, inference = ConfigParser(), ConfigParser()
    for parser, name in ((train, "train"), (inference, "inference")):
        parser.read_config(str(bundle / "configs" / f"{name}.yaml"))
        parser.update(settings)
    train["cache_depth"] = 16
    preprocessing = inference.get_parsed_content("preprocessing")
    for item in train.get_parsed_content("validate#dataset"):
        expected = preprocessing({"image": item["file"]})["image"]
        torch.testing.assert_close(item["image"], expected, rtol=0, atol=1e-5)


def test_after_the_reader_inference_is_stock_monai_by_default(bundle):
    transforms = read(bundle, "inference")["preprocessing"]["transforms"]
    ours = [t for t in transforms if t["_target_"].startswith("lucency") and "_disabled_" not in t]
    assert ours == []
    assert transforms[0]["_target_"] == "LoadImaged"


def test_metadata_is_versioned(metadata):
    assert metadata["version"] in metadata["changelog"]
    assert metadata["version"] == __version__


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_configurations_keep_house_style(path):
    text = path.read_text()
    assert text.startswith("# ")
    for key, leaf in flatten(yaml.safe_load(text)).items():
        if isinstance(leaf, str) and leaf.startswith("$"):
            assert len(leaf) <= 61, key
            assert "lambda" not in leaf, key
            assert not re.search(r"\b(eval|exec|open)\(", leaf), key
        assert not (isinstance(leaf, str) and names_file(leaf)), key
    if path.parent.name != "configs":  # an option
        assert len(text.splitlines()) < 10
        assert re.search(r"\d{4}", text.splitlines()[0]), "the paper belongs in line 1"


def test_weights_are_loaded_first_and_can_not_be_switched_off(bundle):
    first = read(bundle, "inference")["handlers"][0]
    assert first["_target_"] == "lucency.engines.LoadWeights"
    assert "_disabled_" not in first


@pytest.mark.parametrize("name", ["train", "inference"])
def test_no_shipped_key_is_unused(name, bundle):
    assert unused_keys(read(bundle, name)) == []


def test_network_takes_and_gives_what_the_metadata_says(bundle):
    verify_net_in_out(
        net_id="network_def",
        meta_file=str(bundle / "configs" / "metadata.json"),
        config_file=str(bundle / "configs" / "inference.yaml"),
        device="cpu",
    )


def test_preprocessing_gives_the_declared_shape_and_range(tmp_path, bundle, metadata):
    import numpy as np
    from PIL import Image

    Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 200), dtype=np.uint8)).save(tmp_path / "a.png")
    parser = ConfigParser()
    parser.read_config(str(bundle / "configs" / "inference.yaml"))
    image = parser.get_parsed_content("preprocessing")({"image": str(tmp_path / "a.png")})["image"]
    declared = metadata["network_data_format"]["inputs"]["image"]
    assert list(image.shape) == [declared["num_channels"], *declared["spatial_shape"]]
    assert str(image.dtype) == f"torch.{declared['dtype']}"
    low, high = declared["value_range"]
    assert low <= image.min() < image.max() <= high
    assert type(image) is torch.Tensor
