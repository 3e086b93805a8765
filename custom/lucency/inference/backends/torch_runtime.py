"""PyTorch itself: nothing is exported, every network runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from .export_source import ExportSource
from .precision import Precision
from .runtime import Answer, Runtime


class Torch(Runtime):
    """The network as it is; bfloat16 by autocast, so weights, sums and logits stay float32."""

    name: ClassVar[str] = "torch"
    module: ClassVar[str] = "torch"
    precisions: ClassVar[tuple[Precision, ...]] = ("fp32", "bf16")

    def export(self, source: ExportSource, stem: Path, precision: Precision) -> list[Path]:
        """Write nothing."""
        return []

    def open(self, files: Sequence[Path], network: nn.Module, precision: Precision, threads: int) -> Answer:
        """Call the network, whatever weights it holds by then."""
        if threads != torch.get_num_threads():
            torch.set_num_threads(threads)

        def answer(image: Tensor) -> Tensor:
            logits: Tensor = network(image)
            return logits

        def answer_in_bfloat16(image: Tensor) -> Tensor:
            with torch.autocast(image.device.type, dtype=torch.bfloat16):
                return answer(image).float()

        return answer_in_bfloat16 if precision == "bf16" else answer
