"""Metadata: completed, and checked against what the schema requires."""

import copy

import pytest

from lucency.errors import ConfigError
from lucency.release.package.metadata import NOT_STATED, package_metadata, read_metadata
from lucency.release.package.metadata_rules import REQUIRED, ZOO, check_metadata
from support import BUNDLE, FINDINGS

BUNDLES = sorted(path.parents[1] for path in BUNDLE.parent.glob("*/configs/metadata.json"))
INFERENCE = {"findings": FINDINGS, "image_size": 32}


@pytest.fixture
def metadata():
    return package_metadata(read_metadata(BUNDLE), INFERENCE, ["lucency.engines.weights"], {})


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_every_bundle_has_what_the_schema_requires(bundle):
    check_metadata(read_metadata(bundle))


@pytest.mark.parametrize("key", [*REQUIRED, *ZOO])
def test_every_field_is_required(key, metadata):
    check_metadata(metadata)
    del metadata[key]
    with pytest.raises(ConfigError, match=f"{key} is absent or empty"):
        check_metadata(metadata)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "9.9.9"}, "version 9.9.9 is not in the changelog"),
        ({"version": 1.0}, "version is no text"),
        ({"schema": "https://example.org/schema.json"}, "schema is https://example.org"),
        ({"optional_packages_version": {"itk": "5"}}, "of an older schema"),
        ({"references": "one text"}, "references are no list"),
        ({"supported_apps": []}, "supported_apps is no object"),
        ({"network_data_format": {"inputs": {"image": 1}}}, "has no outputs"),
        ({"network_data_format": {"inputs": {"image": [1]}}}, "inputs image is neither"),
    ],
)
def test_faults(change, message, metadata):
    with pytest.raises(ConfigError, match=message):
        check_metadata({**metadata, **change})


@pytest.mark.parametrize("key", ["type", "format", "num_channels", "spatial_shape", "dtype", "value_range"])
def test_tensors_are_described_whole(key, metadata):
    broken = copy.deepcopy(metadata)
    del broken["network_data_format"]["outputs"]["pred"][key]
    with pytest.raises(ConfigError, match=f"outputs pred has no {key}"):
        check_metadata(broken)


def test_versions_are_those_that_are_installed(metadata):
    import monai
    import numpy as np
    import torch

    assert metadata["monai_version"] == monai.__version__
    assert metadata["pytorch_version"] == torch.__version__.partition("+")[0]
    assert metadata["numpy_version"] == np.__version__
    assert {"pyyaml", "pytorch-ignite", "pyjpegls", "fire"} <= metadata["required_packages_version"].keys()
    assert not {"monai", "torch", "numpy", "openvino", "onnxruntime"} & metadata["required_packages_version"].keys()


def test_shapes_and_names_follow_the_configuration(metadata):
    form = metadata["network_data_format"]
    assert form["inputs"]["image"]["spatial_shape"] == [32, 32]
    assert form["outputs"]["pred"]["channel_def"] == {"0": FINDINGS[0], "1": FINDINGS[1], "2": FINDINGS[2]}
    assert form["outputs"]["pred"]["num_channels"] == 3
    assert form["outputs"]["pred"]["spatial_shape"] == [1, 3]


def test_a_package_does_not_say_that_it_has_no_weights(metadata):
    assert "No weights" in read_metadata(BUNDLE)["description"]
    assert "No weights" not in metadata["description"]
    assert metadata["data_source"] == NOT_STATED


def test_whoever_packages_knows_better():
    changes = {"data_source": "ours", "version": "2.0.0", "changelog": {"2.0.0": "trained on ours"}}
    content = package_metadata(read_metadata(BUNDLE), INFERENCE, [], changes)
    check_metadata(content)
    assert {key: content[key] for key in changes} == changes


def test_a_bundle_without_metadata(tmp_path):
    with pytest.raises(ConfigError, match=r"metadata\.json: cannot be read"):
        read_metadata(tmp_path)
