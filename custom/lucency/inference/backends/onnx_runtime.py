"""ONNX Runtime on the CPU."""

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
        """Write `.onnx`, and `.data` with its weights: these are mapped, and need not be parsed and copied at start."""
        whole = source.onnx if precision == "fp32" else source.quantized_onnx
        import onnx

        path, weights = stem.with_suffix(".onnx"), stem.with_suffix(".data")
        onnx.save(onnx.load(whole), path, save_as_external_data=True, location=weights.name)
        return [path, weights] if weights.exists() else [path]  # small tensors stay in the graph

    def open(self, files: Sequence[Path], network: nn.Module, precision: Precision, threads: int) -> Answer:
        """Start a session."""
        return of_tensors(onnxruntime_session(files[0], precision, threads))
