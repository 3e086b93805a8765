"""Originals with random weights, as their authors would have saved them, and the bundles made of them."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from lucency.release.convert import convert_weights
from lucency.release.golden.pipeline import BundlePipeline
from lucency.transforms import read_radiograph
from references import chexnet as chexnet_model
from references import torchxrayvision_model
from references.densenet121 import randomise

# tall, smaller than the network's input along one axis, wide, smaller along both
SIZES = [(301, 258), (223, 400), (640, 1001), (64, 90)]


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory) -> list[Path]:
    """PNG files of soft shapes and noise; one is dark, so that mid-grey is outside its range."""
    folder, rng = tmp_path_factory.mktemp("synthetic"), np.random.default_rng(0)
    for number, (height, width) in enumerate(SIZES):
        shapes = F.interpolate(torch.from_numpy(rng.random((1, 1, 9, 7))), (height, width), mode="bicubic")[0, 0]
        levels = 255 * shapes.numpy() + rng.normal(0, 12, (height, width))
        levels = levels / 4 if number == 2 else levels
        Image.fromarray(levels.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.png")
    return sorted(folder.iterdir())


@pytest.fixture(scope="session")
def torchxrayvision(synthetic, tmp_path_factory) -> SimpleNamespace:
    """Thresholds as published: one an output, NaN for the four that were not trained."""
    network = torchxrayvision_model.ReferenceTorchXRayVision()
    randomise(network, torch.stack([torchxrayvision_model.prepare(read_radiograph(f)) for f in synthetic]), seed=1)
    network.op_threshs = torch.rand(18, generator=torch.Generator().manual_seed(2))
    network.op_threshs[[2, 5, 12, 17]] = torch.nan
    folder = tmp_path_factory.mktemp("torchxrayvision")
    torch.save(network.state_dict(), folder / "all.pt")
    bundle = folder / "cxr_all_classification"
    convert_weights(folder / "all.pt", "torchxrayvision", bundle)
    return SimpleNamespace(network=network, weights=folder / "all.pt", folder=bundle)


@pytest.fixture(scope="session")
def chexnet(synthetic, tmp_path_factory) -> SimpleNamespace:
    """A checkpoint of 2017: wrapped for several GPUs, dotted names, no counts of batches."""
    network = chexnet_model.ReferenceCheXNet()
    randomise(network, torch.stack([chexnet_model.prepare(read_radiograph(file)) for file in synthetic]), seed=3)
    names = {name: re.sub(r"(norm|conv)([12])\.", r"\1.\2.", f"module.{name}") for name in network.state_dict()}
    state = {names[name]: t for name, t in network.state_dict().items() if "num_batches" not in name}
    assert "module.densenet121.features.denseblock1.denselayer1.norm.1.weight" in state
    folder = tmp_path_factory.mktemp("chexnet")
    torch.save({"epoch": 7, "state_dict": state, "best_loss": 0.1}, folder / "model.pth.tar")
    weights, bundle, wide = (folder / name for name in ("model.pth.tar", "cxr_chexnet_classification", "cxr_256"))
    convert_weights(weights, "chexnet", bundle)
    convert_weights(weights, "chexnet", wide, resize=256)
    return SimpleNamespace(network=network, weights=weights, folder=bundle, wide=wide)


@pytest.fixture(scope="session")
def probabilities() -> Callable[[Path, Sequence[Path]], torch.Tensor]:
    """What a bundle's own preprocessing, network, weights and postprocessing give for files."""

    def answer(bundle: Path, files: Sequence[Path]) -> torch.Tensor:
        pipeline = BundlePipeline(bundle)
        images = pipeline.preprocess(files)
        assert images.shape[1:] == (1, 224, 224)
        assert 0 <= images.min() < images.max() <= 1
        return pipeline.probabilities(images, pipeline.network(pipeline.weights))

    return answer
