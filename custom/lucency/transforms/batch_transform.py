"""Augmentation of whole batches: every image is changed or not, by numbers of its own, in one pass on any device."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Generator, Tensor

from ..errors import ConfigError


class BatchTransform(ABC):
    """Change each image of a batch with probability `prob`.

    What is drawn comes from the generator given, on the CPU, whatever the device: the same numbers everywhere.

    Args:
        prob: in [0, 1].

    Raises:
        ConfigError: `prob` is no number from 0 to 1.
    """

    at_a_time: int | None = None  # images on a CPU, for what needs more memory than its cache holds; None for all

    def __init__(self, *, prob: float) -> None:
        self.prob = self._number("prob", prob, 0, 1)

    def __call__(self, images: Tensor, generator: Generator) -> Tensor:
        """Give the batch with some images changed.

        Args:
            images: float (B, C, H, W), on any device.
            generator: of the CPU; see `lucency.engines.PrepareBatch` for one that repeats itself.

        Returns:
            A tensor of its own, or `images` itself where none is changed.
        """
        chosen = (torch.rand(len(images), generator=generator) < self.prob).nonzero().squeeze(1)
        if not len(chosen):
            return images
        drawn = self.draw(len(chosen), (images.shape[-2], images.shape[-1]), generator)
        if images.device.type == "cpu" and self.at_a_time is not None:
            return self._by_parts(images, chosen, drawn, self.at_a_time)
        on_device = {
            name: value.to(images.device) if isinstance(value, Tensor) else value for name, value in drawn.items()
        }
        if len(chosen) == len(images):
            return self.change(images, **on_device)
        index = chosen.to(images.device)  # of whole numbers: a mask would wait for the device
        return images.index_copy(0, index, self.change(images.index_select(0, index), **on_device))

    def _by_parts(self, images: Tensor, chosen: Tensor, drawn: dict[str, Any], size: int) -> Tensor:
        changed = images.clone()
        for start in range(0, len(chosen), size):
            part = slice(start, start + size)
            rows = {name: value[part] if isinstance(value, Tensor) else value for name, value in drawn.items()}
            changed[chosen[part]] = self.change(images[chosen[part]], **rows)
        return changed

    @abstractmethod
    def draw(self, images: int, size: tuple[int, int], generator: Generator) -> dict[str, Any]:
        """Draw the arguments of `change`: tensors with a row an image, or what holds for all.

        Args:
            images: that will be changed.
            size: their rows and columns.
            generator: to draw from.
        """

    @abstractmethod
    def change(self, images: Tensor, **drawn: Any) -> Tensor:
        """Change every image by its row of what was drawn, tensors on its device."""

    def _number(self, name: str, value: Any, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ConfigError(f"{type(self).__name__}: {name} is {value!r}; give a number from {low:g} to {high:g}")
        return float(value)

    def _range(self, name: str, value: Any, low: float, high: float) -> tuple[float, float]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise ConfigError(f"{type(self).__name__}: {name} is {value!r}; give a list of two numbers")
        first, second = (self._number(name, bound, low, high) for bound in value)
        if first > second:
            raise ConfigError(f"{type(self).__name__}: {name} is {value!r}; give the smaller number first")
        return first, second


def uniform(shape: int | tuple[int, ...], low: float, high: float, generator: Generator) -> Tensor:
    """Float32 numbers from [low, high).

    Example:
        >>> numbers = uniform((100, 2), -1, 3, Generator().manual_seed(0))
        >>> numbers.shape, bool(numbers.min() >= -1), bool(numbers.max() < 3)
        (torch.Size([100, 2]), True, True)
    """
    return torch.rand(shape, generator=generator) * (high - low) + low
