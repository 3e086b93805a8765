"""Noise on a batch."""

from typing import Any

import torch
from torch import Generator, Tensor

from .batch_transform import BatchTransform, uniform


class BatchNoise(BatchTransform):
    """Add Gaussian noise, its standard deviation uniform from 0 to `std`, as MONAI's `RandGaussianNoise` does.

    The noise is drawn where the images are, from a seed that the CPU's generator gives: the same whenever it is drawn
    on the same kind of device, another on another kind.

    Args:
        prob: share of the images that are changed.
        std: largest standard deviation.

    Raises:
        ConfigError: an argument is out of range.

    Example:
        >>> noisy = BatchNoise(prob=1, std=0.1)(torch.zeros(2, 1, 8, 8), Generator().manual_seed(0))
        >>> bool(0 < noisy.std() < 0.1)
        True
    """

    def __init__(self, *, prob: float, std: float) -> None:
        super().__init__(prob=prob)
        self.std = self._number("std", std, 0, 1)

    def draw(self, images: int, size: tuple[int, int], generator: Generator) -> dict[str, Any]:
        """Standard deviations (B,), and one seed for the batch."""
        seed = int(torch.randint(2**62, (1,), generator=generator))
        return {"std": uniform(images, 0, self.std, generator), "seed": seed}

    def change(self, images: Tensor, **drawn: Any) -> Tensor:
        """Add noise to every image."""
        source = Generator(images.device).manual_seed(drawn["seed"])
        noise = torch.randn(images.shape, generator=source, device=images.device, dtype=images.dtype)
        return noise.mul_(drawn["std"].to(images.dtype).view(-1, 1, 1, 1)).add_(images)
