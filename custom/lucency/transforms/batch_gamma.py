"""Gamma curves over a batch."""

from collections.abc import Sequence
from typing import Any

from torch import Generator, Tensor

from .batch_transform import BatchTransform, uniform

EPSILON = 1e-7  # as MONAI's AdjustContrast, for images of one grey


class BatchGamma(BatchTransform):
    r"""Bend the greys of images, $\min + r\,((x - \min) / r)^\gamma$ with $r = \max - \min$ of each image.

    $\gamma$ is uniform, as in MONAI's `RandAdjustContrast`.

    Args:
        prob: share of the images that are changed.
        gamma: smallest and largest exponent, above 0.

    Raises:
        ConfigError: an argument is out of range.

    Example:
        >>> import torch
        >>> images = torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 1, 3)
        >>> BatchGamma(prob=1, gamma=[2, 2])(images, Generator()).mul(100).round().flatten().tolist()
        [0.0, 25.0, 100.0]
    """

    def __init__(self, *, prob: float, gamma: Sequence[float]) -> None:
        super().__init__(prob=prob)
        self.gamma = self._range("gamma", gamma, 0.01, 100)

    def draw(self, images: int, size: tuple[int, int], generator: Generator) -> dict[str, Any]:
        """Exponents (B,)."""
        return {"gamma": uniform(images, *self.gamma, generator)}

    def change(self, images: Tensor, **drawn: Any) -> Tensor:
        """Bend every image."""
        lowest, highest = _extremes(images)
        height = highest - lowest
        exponents = drawn["gamma"].to(images.dtype).view(-1, 1, 1, 1)
        shares = (images - lowest).div_(height + EPSILON)
        return shares.log2_().mul_(exponents).exp2_().mul_(height).add_(lowest)  # a power, in less time than by pow


def _extremes(images: Tensor) -> tuple[Tensor, Tensor]:
    """Smallest and largest value of each image, (B, 1, 1, 1)."""
    axes = (1, 2, 3)
    return images.amin(dim=axes, keepdim=True), images.amax(dim=axes, keepdim=True)  # aminmax is not vectorised
