"""TorchScript: PyTorch without Python, for hosts that take a `.ts`."""

import copy
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from .export_source import ExportSource
from .precision import Precision
from .runtime import Answer, Runtime

logger = logging.getLogger(__name__)


class TorchScript(Runtime):
    """A scripted network; one that cannot be scripted is traced, for any number of images all the same."""

    name: ClassVar[str] = "torchscript"
    module: ClassVar[str] = "torch"

    def export(self, source: ExportSource, stem: Path, precision: Precision) -> list[Path]:
        """Write one `.ts`."""
        network = copy.deepcopy(source.network)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # faster on CPUs
        path = stem.with_suffix(".ts")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that TorchScript will go away one day
            try:
                module = torch.jit.script(network)
            except Exception as error:  # the compiler raises many types for Python that it does not know
                why = (str(error).strip() or type(error).__name__).splitlines()[0]
                logger.warning("torchscript: traced, because the network cannot be scripted (%s)", why)
                module = torch.jit.trace(network, source.images[:2])  # type: ignore[no-untyped-call]
            torch.jit.save(module, path)
        return [path]

    def open(self, files: Sequence[Path], network: nn.Module, precision: Precision, threads: int) -> Answer:
        """Load it, with batch normalisation folded, on the device of the first images."""
        if threads != torch.get_num_threads():
            torch.set_num_threads(threads)
        modules: dict[torch.device, nn.Module] = {}

        def answer(image: Tensor) -> Tensor:
            if image.device not in modules:
                modules[image.device] = _load(files[0], image.device)
            with torch.no_grad():
                logits: Tensor = modules[image.device](image)
            return logits

        return answer


def _load(path: Path, device: torch.device) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.jit.load(path, map_location=device).eval()  # type: ignore[no-untyped-call]
        frozen: nn.Module = torch.jit.freeze(module)
    return frozen
