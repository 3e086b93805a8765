"""What exports of one network share: the network, its images, and the ONNX file that several libraries start from."""

import importlib
import logging
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from .quantization import quantize
from .sessions import INPUT, OUTPUT

OPSET = 20
"""ONNX operator set that is written; ONNX Runtime 1.17, OpenVINO 2024.0 and TensorRT 10 read it."""


@dataclass(frozen=True)
class ExportSource:
    """A network in evaluation mode on the CPU, and a folder for intermediate files.

    Args:
        network: from images (B, 1, S, S) to logits (B, L).
        images: (N, 1, S, S) float32, what an integer network is calibrated on; two or more.
        work: folder that is thrown away afterwards.
    """

    network: nn.Module
    images: Tensor
    work: Path

    @cached_property
    def onnx(self) -> Path:
        """ONNX file of the network for any number of images, all weights inside.

        Raises:
            ConfigError: onnx or onnxscript is not installed.
        """
        for module in ("onnx", "onnxscript"):
            try:
                importlib.import_module(module)
            except ImportError as error:
                raise ConfigError(f"{module} is not installed; pip install 'lucency[export]'") from error
        path = self.work / "network.onnx"
        exporter = logging.getLogger("torch.onnx")
        level = exporter.level
        exporter.setLevel(logging.ERROR)  # it lists operators of libraries that are not there
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # between parts of torch
                torch.onnx.export(
                    self.network,
                    (self.images[:2],),
                    path,
                    input_names=[INPUT],
                    output_names=[OUTPUT],
                    dynamic_shapes=({0: "batch"},),
                    opset_version=OPSET,
                    dynamo=True,
                    external_data=False,
                    verbose=False,
                )
        finally:
            exporter.setLevel(level)
        _forget_origin(path)
        return path

    @cached_property
    def quantized_onnx(self) -> Path:
        """The same in 8-bit integers: quantize-dequantize pairs that ONNX Runtime and OpenVINO fuse."""
        return quantize(self.onnx, self.work / "quantized.onnx", INPUT, self.images)


def _forget_origin(path: Path) -> None:
    """Remove what PyTorch notes of the Python code behind each node, with this machine's paths."""
    import onnx

    model = onnx.load(path)
    for noted in (model, model.graph, *model.graph.node, *model.graph.value_info):
        del noted.metadata_props[:]
    onnx.save(model, path)
