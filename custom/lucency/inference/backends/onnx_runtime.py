"""ONNX Runtime on the CPU."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from .export_source import INPUT, OUTPUT, ExportSource
from .precision import Precision
from .runtime import Answer, Runtime


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
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # its threads would else burn a core each while images are decoded
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(files[0]), options, providers=["CPUExecutionProvider"])

        def answer(image: Tensor) -> Tensor:
            (logits,) = session.run([OUTPUT], {INPUT: image.detach().cpu().contiguous().numpy()})
            return torch.from_numpy(logits).to(image.device)

        return answer
