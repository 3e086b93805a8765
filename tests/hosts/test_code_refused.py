"""Platforms that take no bundle with Python code, and scan what its configurations name."""

import ast
import json

import numpy as np
import pandas as pd
import pytest
import torch
from monai.bundle import ConfigWorkflow
from PIL import Image

from hosts.packaged import run_elsewhere, tiny_package
from lucency.bundle.keys import flatten, unused_keys
from lucency.release.golden import BundlePipeline
from support import FINDINGS

pytestmark = pytest.mark.slow
ROOTS = {"monai", "torch", "ignite"}
NAMES = {"torch", "monai", "glob", "sorted", "batch", "i"}


@pytest.fixture(scope="module")
def without_code():
    return tiny_package(code=False)


def test_there_is_no_code(without_code):
    files = {
        path.relative_to(without_code.folder).as_posix() for path in without_code.folder.rglob("*") if path.is_file()
    }
    assert not [name for name in files if name.endswith((".py", ".pyc"))]
    assert files == {
        "LICENSE",
        "configs/inference.json",
        "configs/logging.conf",
        "configs/metadata.json",
        "docs/README.md",
        "docs/data_license.txt",
        "docs/model_card.yaml",
        "large_files.yml",
        *(f"models/model.{suffix}" for suffix in ("onnx", "pt", "pt2", "safetensors", "ts")),
    }


def test_a_scan_finds_only_stock_components_and_plain_expressions(without_code):
    config = json.loads((without_code.folder / "configs" / "inference.json").read_text())
    for key, leaf in flatten(config).items():
        if key.endswith("_target_"):
            assert "." not in leaf or leaf.split(".")[0] in ROOTS, key
        elif isinstance(leaf, str) and leaf.startswith("$") and not leaf.startswith("$import"):
            tree = ast.parse(leaf[1:].replace("@", "_").replace("#", "_"))
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            assert {name for name in names if not name.startswith("_")} <= NAMES, key
    assert unused_keys(config) == []


def test_monai_finds_every_property_it_requires(without_code, tmp_path):
    folder = without_code.folder
    workflow = ConfigWorkflow(
        config_file=str(folder / "configs" / "inference.json"),
        workflow_type="infer",
        bundle_root=str(folder),
        dataset_dir=str(tmp_path),
    )
    workflow.initialize()
    assert workflow.check_properties() == []


def test_it_predicts_as_the_bundle_with_code_does(without_code, package, tmp_path, hostile):
    folder = tmp_path / "images"
    folder.mkdir()
    for index in range(3):
        pixels = np.random.default_rng(index).integers(0, 255, (40 + 10 * index, 60), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    config = without_code.folder / "configs" / "inference.json"
    places = ["--bundle_root", without_code.folder, "--dataset_dir", folder, "--output_dir", tmp_path / "out"]
    done = run_elsewhere(without_code, hostile, "-m", "monai.bundle", "run", "--config_file", config, *places)
    assert done.returncode == 0, done.stderr[-3000:]
    table = pd.read_csv(tmp_path / "out" / "predictions.csv", header=None, index_col=0)
    pipeline = BundlePipeline(package.folder)
    files = sorted(folder.iterdir())
    expected = pipeline.probabilities(pipeline.preprocess(files), pipeline.network(pipeline.weights))
    assert table.shape == (3, len(FINDINGS))
    answers = torch.tensor(table.loc[[str(file) for file in files]].to_numpy())
    torch.testing.assert_close(answers.float(), expected.as_subclass(torch.Tensor), atol=2e-3, rtol=0)
