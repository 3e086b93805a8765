"""At export: does a bundle's workflow see and answer what a run without PyTorch would?"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from .configuration import Configuration, NeedsTorchError
from .preprocessing import network_input

TOLERANCE = 1e-5
"""Largest difference of a pixel or probability; both are float32 in [0, 1]."""
_SHAPES = ((700, 520), (350, 610), (90, 100))
"""Rows and columns of further images: portrait, landscape, smaller than any network's input."""


class Pipeline(Protocol):
    """What is asked of a `BundlePipeline`."""

    def preprocess(self, files: Sequence[Path]) -> Tensor:
        """Images (N, 1, S, S)."""

    def probabilities(self, images: Tensor, network: nn.Module) -> Tensor:
        """Probabilities (N, L)."""


def verified(
    bundle: str | Path, overrides: Mapping[str, Any], pipeline: Pipeline, network: nn.Module, files: Sequence[Path]
) -> str:
    """Digest of the configuration, if a run without PyTorch does what it describes.

    Args:
        bundle: folder of the bundle.
        overrides: keys to values, those of the export.
        pipeline: the same workflow with MONAI.
        network: its network.
        files: images to compare on, beside images of noise in other shapes.

    Raises:
        NeedsTorchError: an image or probability differs, or the workflow has a component of its own.
    """
    configuration = Configuration.read(bundle, overrides)
    configuration.check_workflow()
    value = configuration.plain
    with tempfile.TemporaryDirectory() as work:
        files = [*files, *(_noise(Path(work), shape) for shape in _SHAPES)]
        theirs = pipeline.preprocess(files)
        ours = [
            network_input(file, image_size=value("image_size"), fit=value("fit"), exact=value("exact_pixels"))
            for file in files
        ]
    gap = float(np.abs(theirs.numpy() - np.stack(ours)).max())
    if not gap <= TOLERANCE:
        raise NeedsTorchError(f"the bundle's preprocessing is another one: pixels differ by {gap:.2g}")
    with torch.inference_mode():
        gap = float((pipeline.probabilities(theirs[:2], network) - network(theirs[:2]).sigmoid()).abs().max())
    if not gap <= TOLERANCE:
        raise NeedsTorchError(f"the bundle's inferer and postprocessing are others: probabilities differ by {gap:.2g}")
    return configuration.digest


def _noise(folder: Path, shape: tuple[int, int]) -> Path:
    path = folder / f"{shape[0]}.png"
    pixels = np.random.default_rng(shape[0]).integers(20, 200, shape, dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path
