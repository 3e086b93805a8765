"""The folder `models` of a package: one network as PyTorch, safetensors, TorchScript, ONNX and exported program."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from ...engines.weights import read_weights
from ...errors import ConfigError
from ...files import write_atomically
from ...inference.backends import BOUNDS, export_network
from ...inference.backends.precision import difference
from ...networks import without_training_parts
from ..golden.pipeline import BundlePipeline
from ..golden.write import golden_images
from .torchscript import write_torchscript

BACKENDS = ("torchscript", "onnxruntime")


def write_weights(weights: Path, folder: Path) -> None:
    """Write `model.pt` and `model.safetensors`, plain state dicts.

    A file that is one already is copied, so that what is tied to its SHA-256, such as a site file, stays tied.

    Raises:
        ConfigError: it holds no weights.
    """
    folder.mkdir(parents=True)
    state = {name: tensor.contiguous() for name, tensor in read_weights(weights).items()}
    if weights.suffix == ".safetensors":
        shutil.copyfile(weights, folder / "model.safetensors")
    else:
        write_atomically(folder / "model.safetensors", save(state))
    if weights.suffix != ".safetensors" and _is_plain(weights):
        shutil.copyfile(weights, folder / "model.pt")
    else:
        torch.save(state, folder / "model.pt")


def write_exports(
    pipeline: BundlePipeline,
    folder: Path,
    embedded: Mapping[str, Mapping[str, Any]],
    report: Callable[[str], None] = lambda text: None,
) -> None:
    """Write `model.ts`, `model.onnx` and `model.pt2`, each only if it answers the golden images as PyTorch does.

    Args:
        pipeline: of the packaged bundle, with its weights and golden images.
        folder: where they go, `models`.
        embedded: names to configurations that go into `model.ts`, which hosts read from there.
        report: is told in words what is being done.

    Raises:
        ConfigError: a library is not installed, or a probability differs by over 0.0001.
    """
    network = pipeline.network(pipeline.weights)
    images = pipeline.preprocess(golden_images(pipeline.bundle))
    images = images.as_subclass(Tensor)  # one of MONAI's would be pickled into the exported program
    with tempfile.TemporaryDirectory() as work:
        exports = export_network(
            network,
            images,
            weights=pipeline.weights,
            folder=work,
            backends=BACKENDS,
            rounds=0,
            report=report,
        )
        for export in exports.exports:
            if export.status != "ok":
                raise ConfigError(f"{export.backend}: {export.reason}; a package has the network in every form")
        made = {export.backend: Path(work) / next(iter(export.files), "") for export in exports.exports}
        write_torchscript(made["torchscript"], folder / "model.ts", embedded)
        _write_onnx(made["onnxruntime"], folder / "model.onnx")
    report("exported program")
    _write_program(without_training_parts(network), images, folder / "model.pt2")


def _is_plain(weights: Path) -> bool:
    content = torch.load(weights, map_location="cpu", weights_only=True)
    return all(isinstance(value, Tensor) for value in content.values())


def _write_onnx(source: Path, target: Path) -> None:
    """Write one file with the weights, without what the exporter notes about its source: paths of this machine."""
    import onnx

    model = onnx.load(source)
    for part in (model.graph, *model.graph.node, *model.graph.value_info, *model.functions):
        del part.metadata_props[:]
    onnx.save(model, target)


def _write_program(network: nn.Module, images: Tensor, path: Path) -> None:
    """Write the network as `torch.export` captures it, for any number of images."""
    batch = torch.export.Dim("batch", min=1)
    program = torch.export.export(network, (images[:2],), dynamic_shapes=({0: batch},))
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # paths of this machine
    torch.export.save(program, path)
    with torch.inference_mode():
        answer = torch.export.load(path).module()(images)
        gap = difference(answer, network(images))
    if not gap <= BOUNDS["fp32"]:
        raise ConfigError(f"{path}: probabilities differ by {gap:.2g}, more than {BOUNDS['fp32']:g}")
