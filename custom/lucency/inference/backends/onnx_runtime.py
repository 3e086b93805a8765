"""ONNX Runtime on the CPU."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from torch import nn

from .export_source import ExportSource
from .precision import Precision
from .runtime import Answer, Runtime, of_tensors
from .sessions import onnxruntime_session


class OnnxRuntime(Runtime):
    """Small to install, the same on every system; 8-bit integers too. Any number of threads may call it."""

    name: ClassVar[str] = "onnxruntime"
    module: ClassVar[str] = "onnxruntime"
    precisions: ClassVar[tuple[Precision, ...]] = ("fp32", "int8")

    def export(self, source: ExportSource, stem: Path, precision: Precision) -> list[Path]:
        """Write one `.onnx`."""
        path = stem.with_suffix(".onnx")
        shutil.copyfile(source.onnx if precision == "fp32" else source.quantized_onnx, path)
        return [path]

    def open(self, files: Sequence[Path], network: nn.Module, precision: Precision, threads: int) -> Answer:
        """Start a session."""
        return of_tensors(onnxruntime_session(files[0], precision, threads))
