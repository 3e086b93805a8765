"""Rectangles erased from a batch."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor

from ..errors import ConfigError
from .batch_transform import BatchTransform


class BatchErasing(BatchTransform):
    """Blacken some rectangles of images, as MONAI's `RandCoarseDropout` does with a ``fill_value`` of 0.

    As there, no rectangle of an image is lower or narrower than the one before it.

    Args:
        prob: share of the images that are changed.
        holes: least and largest number of rectangles.
        size: shortest and longest side, as shares of the image's height and width, each rounded down to pixels.

    Raises:
        ConfigError: an argument is out of range.

    Example:
        >>> erased = BatchErasing(prob=1, holes=[1, 1], size=[0.5, 0.5])(torch.ones(2, 1, 8, 8), Generator())
        >>> erased.sum(dim=(1, 2, 3)).tolist()
        [48.0, 48.0]
    """

    def __init__(self, *, prob: float, holes: Sequence[int], size: Sequence[float]) -> None:
        super().__init__(prob=prob)
        if any(type(number) is not int for number in holes):
            raise ConfigError(f"BatchErasing: holes is {holes!r}; give a list of two whole numbers")
        least, most = self._range("holes", holes, 1, 100)
        self.holes = int(least), int(most)
        self.size = self._range("size", size, 0, 1)

    def draw(self, images: int, size: tuple[int, int], generator: Generator) -> dict[str, Any]:
        """Up to H rectangles (B, H, 4) in pixels: top, left, and the places behind bottom and right."""
        whole = torch.tensor(size)
        low, high = ((share * whole).long() for share in self.size)
        boxes, low = [], low.expand(images, 2)
        for _ in range(self.holes[1]):
            sides = low + _below(high - low + 1, generator)
            start = _below(whole - sides + 1, generator)
            boxes.append(torch.cat([start, start + sides], dim=1))
            low = sides
        count = self.holes[0] + _below(torch.full((images, 1), self.holes[1] - self.holes[0] + 1), generator)
        there = (torch.arange(self.holes[1]) < count).unsqueeze(2)
        return {"boxes": torch.stack(boxes, dim=1) * there}

    def change(self, images: Tensor, **drawn: Any) -> Tensor:
        """Blacken the rectangles of every image."""
        top, left, bottom, right = drawn["boxes"].unsqueeze(-1).unbind(2)
        rows, columns = (torch.arange(length, device=images.device) for length in images.shape[-2:])
        down, across = (rows >= top) & (rows < bottom), (columns >= left) & (columns < right)
        erased = (down.unsqueeze(3) & across.unsqueeze(2)).any(dim=1)
        return images.masked_fill(erased.unsqueeze(1), 0)


def _below(limit: Tensor, generator: Generator) -> Tensor:
    """Whole numbers from 0 to below each limit."""
    return (torch.rand(limit.shape, generator=generator, dtype=torch.float64) * limit).long()
