"""What every way of computing a network offers: export it, open the file again, say whether it can be used here."""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from .export_source import ExportSource
from .precision import Precision
from .sessions import ArrayAnswer

Answer = Callable[[Tensor], Tensor]
"""From images (B, 1, S, S) to logits (B, L), both float32 on the images' device."""


def of_tensors(answer: ArrayAnswer) -> Answer:
    """Make an answer to arrays one to tensors of any device."""

    def of_tensor(image: Tensor) -> Tensor:
        return torch.from_numpy(answer(image.detach().cpu().numpy())).to(image.device)

    return of_tensor


class Runtime(ABC):
    """A library that computes networks.

    A further one is a subclass in a file of its own and a line in `runtimes.py`.
    """

    name: ClassVar[str]
    """What a configuration calls it."""
    module: ClassVar[str]
    """Python module it needs."""
    install: ClassVar[str] = "pip install 'lucency[export]'"
    """Command that installs the module."""
    precisions: ClassVar[tuple[Precision, ...]] = ("fp32",)

    def obstacle(self) -> str | None:
        """Say in one line why it cannot be used here, or nothing."""
        try:
            importlib.import_module(self.module)
        except ImportError:
            return f"{self.module} is not installed; {self.install}"
        return None

    def require(self) -> None:
        """Raise unless it can be used here.

        Raises:
            ConfigError: see `obstacle`.
        """
        if obstacle := self.obstacle():
            raise ConfigError(f"backend {self.name!r}: {obstacle}, or choose backend torch")

    @abstractmethod
    def export(self, source: ExportSource, stem: Path, precision: Precision) -> list[Path]:
        """Write the network to files beside `stem`, which has no suffix yet.

        Args:
            source: network, images to calibrate on, and what exports share.
            stem: path of the files without suffix.
            precision: one of `precisions`.

        Returns:
            The files; the first is the one that `open` names.
        """

    @abstractmethod
    def open(self, files: Sequence[Path], network: nn.Module, precision: Precision, threads: int) -> Answer:
        """Make what `export` wrote ready to answer.

        Args:
            files: as `export` returned them.
            network: the original; only PyTorch itself needs it.
            precision: the one it was exported in.
            threads: of the CPU.
        """
