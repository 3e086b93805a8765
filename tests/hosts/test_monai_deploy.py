"""What MONAI Deploy's bundle operator reads and does, written anew: from a TorchScript file and from a folder."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from monai.data import MetaTensor
from monai.transforms import MapTransform
from PIL import Image

from lucency.release.golden import BundlePipeline
from support import FINDINGS


class Operator:
    """The operator's own order: device, inferer, transforms without loaders and savers; then one image."""

    def __init__(self, parser, network, metadata):
        self.device = parser.get_parsed_content("device")
        self.inferer = parser.get_parsed_content("inferer")
        self.before, self.after = (self.transforms(parser, key) for key in ("preprocessing", "postprocessing"))
        self.network = network.to(self.device).eval()
        self.inputs, self.outputs = (metadata["network_data_format"][side] for side in ("inputs", "outputs"))

    @staticmethod
    def transforms(parser, key):
        compose = parser.get_parsed_content(key)
        dropped = ("LoadImage", "SaveImage")
        compose.transforms = tuple(t for t in compose.transforms if not any(d in type(t).__name__ for d in dropped))
        assert isinstance(compose.transforms[0], MapTransform)  # it hands dictionaries on only then
        return compose

    def __call__(self, pixels):
        """Pixels in the order of the operator, (columns, rows, 1), of a study without a third dimension."""
        (name,) = self.inputs
        image = MetaTensor.ensure_torch_and_prune_meta(pixels, {"original_channel_dim": "no_channel"})
        image = self.before({name: image})[name]
        with torch.no_grad():
            logits = self.inferer(inputs=image[None].to(self.device), network=self.network)
        (result,) = self.outputs
        answer = self.after({result: next(iter(logits)), name: image})[result]
        assert image.meta  # it goes with every output
        form = self.outputs[result]
        assert form["type"] == "probabilities"
        return {form["channel_def"][str(i)]: float(value) for i, value in enumerate(answer)}


def from_torchscript(path: Path) -> Operator:
    parser, root = ConfigParser(), f"{path.stem}/extra"
    with zipfile.ZipFile(path) as archive:
        metadata = json.loads(archive.read(f"{root}/metadata.json"))
        parser.read_config(json.loads(archive.read(f"{root}/inference.json")))
    parser.read_meta(metadata)
    parser.parse()
    return Operator(parser, torch.jit.load(path, map_location="cpu"), metadata)


def from_folder(folder: Path) -> Operator:
    parser = ConfigParser()
    metadata = json.loads((folder / "configs" / "metadata.json").read_text())
    parser.read_meta(metadata)
    parser.read_config(str(folder / "configs" / "inference.json"))
    parser.update({"bundle_root": str(folder)})
    network = parser.get_parsed_content("network_def")
    network.load_state_dict(torch.load(folder / "models" / "model.pt", weights_only=True))
    return Operator(parser, network, metadata)


@pytest.fixture
def radiograph(tmp_path):
    """Pixels (rows, columns), wider than high, and the same as a file."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (5, 7), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize((140, 100), Image.Resampling.BICUBIC))
    Image.fromarray(pixels).save(tmp_path / "image.png")
    return pixels, tmp_path / "image.png"


@pytest.fixture
def expected(package, radiograph):
    """The probabilities of Lucency's own reader and network."""
    pipeline = BundlePipeline(package.folder)
    network = pipeline.network(pipeline.weights)
    (answer,) = pipeline.probabilities(pipeline.preprocess([radiograph[1]]), network).tolist()
    return dict(zip(FINDINGS, answer, strict=True))


@pytest.mark.parametrize("shape", [(140, 100), (140, 100, 1)], ids=["two dimensions", "and a third one"])
@pytest.mark.parametrize("kind", ["torchscript", "folder"])
def test_operator_gives_the_probabilities_of_the_bundle(kind, shape, package, radiograph, expected):
    path = package.folder / "models" / "model.ts"
    operator = from_torchscript(path) if kind == "torchscript" else from_folder(package.folder)
    answer = operator(radiograph[0].T.reshape(shape).astype(np.float32))
    assert answer == pytest.approx(expected, abs=2e-3)  # resized after reading, not while it is read


def test_operator_needs_nothing_of_lucency_for_a_torchscript_file(package):
    with zipfile.ZipFile(package.folder / "models" / "model.ts") as archive:
        assert "lucency" not in archive.read("model/extra/inference.json").decode()
