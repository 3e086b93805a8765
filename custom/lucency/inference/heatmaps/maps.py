"""What heat maps of every method have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Maps(ABC):
    """Logits of an image and a map a finding, a number for each place.

    Attributes:
        network: image (1, C, S, S) to logits (1, L); used as it is in evaluation and left as it was.
        name: of the method, for captions.
        nothing: what 0 stands for in a heat map.
        layer: module whose feature map is shown, where a method has one.
    """

    network: nn.Module
    name: str
    nothing: str
    layer: str | None = None

    def __call__(self, image: Tensor, findings: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Logits of all findings and heat maps of some.

        Args:
            image: (C, S, S), preprocessed.
            findings: indices of the logits to explain.

        Returns:
            Logits (L,) and heat maps (len(findings), h, w), 0 or more, both float32 on the CPU.

        Raises:
            ConfigError: the network does not have what the method needs.
        """
        logits, values = self.values(image, findings)
        return logits, torch.relu(values - self.floor(values))

    @abstractmethod
    def values(self, image: Tensor, findings: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Logits and maps before anything is taken off or cut; otherwise as `__call__`."""

    def floor(self, values: Tensor) -> Tensor:
        """What a place must exceed to have a colour, (F, 1, 1) of the maps (F, h, w): the mean of the image."""
        return values.mean((1, 2), keepdim=True)

    @abstractmethod
    def amount(self, heat: float, digits: int = 1) -> str:
        """What a value of a heat map stands for, with its unit."""


@contextmanager
def in_evaluation(network: nn.Module) -> Iterator[None]:
    """Evaluation mode without autocast and inference mode; afterwards every module has its own mode again."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        with torch.inference_mode(False), torch.autocast(parameter_of(network).device.type, enabled=False):
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def batch_of(image: Tensor, network: nn.Module) -> Tensor:
    """A copy (1, C, S, S) of an image, on the device of the network and in its precision."""
    some = parameter_of(network)
    return image[None].to(some.device, some.dtype, copy=True)


def parameter_of(network: nn.Module) -> Tensor:
    """Any parameter; one on the CPU for a network that has none."""
    return next(network.parameters(), torch.empty(0))
