"""OpenVINO on the CPU."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from .export_source import ExportSource
from .precision import Precision
from .runtime import Answer, Runtime

_HINTS: dict[Precision, str] = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
"""Set always: left alone, it computes in bfloat16 on processors that can."""


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
        import openvino

        settings = {
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
        }
        model = openvino.Core().compile_model(files[0], "CPU", settings)
        local = threading.local()  # a request serves one caller at a time

        def answer(image: Tensor) -> Tensor:
            if not hasattr(local, "request"):
                local.request = model.create_infer_request()
            request: Any = local.request
            results = request.infer([image.detach().cpu().contiguous().numpy()])
            return torch.from_numpy(results[0]).to(image.device)

        return answer
