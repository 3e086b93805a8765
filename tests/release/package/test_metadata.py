"""Metadata: completed with what the package is."""

import pytest

from lucency.errors import ConfigError
from lucency.release.package.metadata import NOT_STATED, package_metadata, read_metadata
from support import BUNDLE, FINDINGS

INFERENCE = {"findings": FINDINGS, "image_size": 32}


@pytest.fixture
def metadata():
    return package_metadata(read_metadata(BUNDLE), INFERENCE, ["lucency.engines.weights"], {})


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
    assert {key: content[key] for key in changes} == changes


def test_a_bundle_without_metadata(tmp_path):
    with pytest.raises(ConfigError, match=r"metadata\.json: cannot be read"):
        read_metadata(tmp_path)
