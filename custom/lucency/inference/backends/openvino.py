"""OpenVINO on the CPU."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from torch import nn

from .export_source import ExportSource
from .precision import Precision
from .runtime import Answer, Runtime, of_tensors
from .sessions import openvino_session


class OpenVino(Runtime):
    """Often the fastest on x86; bfloat16 where the processor has it, 8-bit integers. Any thread may call it."""

    name: ClassVar[str] = "openvino"
    module: ClassVar[str] = "openvino"
    precisions: ClassVar[tuple[Precision, ...]] = ("fp32", "bf16", "int8")

    def export(self, source: ExportSource, stem: Path, precision: Precision) -> list[Path]:
        """Write `.xml` and `.bin`, weights as they are."""
        import openvino

        path = stem.with_suffix(".xml")
        model = openvino.convert_model(source.quantized_onnx if precision == "int8" else source.onnx)
        openvino.save_model(model, path, compress_to_fp16=False)
        return [path, path.with_suffix(".bin")]

    def open(self, files: Sequence[Path], network: nn.Module, precision: Precision, threads: int) -> Answer:
        """Compile for this processor."""
        return of_tensors(openvino_session(files[0], precision, threads))
