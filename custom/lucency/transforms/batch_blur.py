"""Blur of a batch."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional

from .batch_transform import BatchTransform, uniform

TRUNCATED = 4.0  # standard deviations, as MONAI's GaussianFilter


class BatchBlur(BatchTransform):
    r"""Blur images with Gaussians of their own, other ones down than across; zeros from outside.

    A weight is the integral of the Gaussian over its pixel, up to $4\sigma$, as in MONAI's `RandGaussianSmooth`.

    Args:
        prob: share of the images that are changed.
        sigma: smallest and largest standard deviation in pixels, uniform between.

    Raises:
        ConfigError: an argument is out of range.

    Example:
        >>> dot = functional.pad(torch.ones(1, 1, 1, 1), (8, 8, 8, 8))
        >>> blurred = BatchBlur(prob=1, sigma=[1, 1])(dot, Generator())
        >>> round(blurred.max().item(), 3), round(blurred.sum().item(), 3)
        (0.147, 1.0)
    """

    def __init__(self, *, prob: float, sigma: Sequence[float]) -> None:
        super().__init__(prob=prob)
        self.sigma = self._range("sigma", sigma, 0.01, 100)

    def draw(self, images: int, size: tuple[int, int], generator: Generator) -> dict[str, Any]:
        """Weights (B, 2, K) of the K pixels around each, for rows and columns."""
        return {"kernels": gaussian_kernels(uniform((images, 2), *self.sigma, generator))}

    def change(self, images: Tensor, **drawn: Any) -> Tensor:
        """Blur every image down, then across."""
        count, channels, height, width = images.shape
        kernels = drawn["kernels"].repeat_interleave(channels, dim=0).to(images.dtype)
        reach = kernels.shape[2] // 2
        flat = images.reshape(1, count * channels, height, width)  # one image a group of the convolution
        for kernel, padding in (
            (kernels[:, 0, :, None], (reach, 0)),
            (kernels[:, 1, None, :], (0, reach)),
        ):
            flat = functional.conv2d(flat, kernel.unsqueeze(1), padding=padding, groups=count * channels)
        return flat.view(images.shape)


def gaussian_kernels(sigma: Tensor) -> Tensor:
    """Kernels (..., K) of standard deviations (...) in pixels, each zero beyond its own reach.

    Example:
        >>> gaussian_kernels(torch.tensor([0.1, 0.5])).mul(1000).round().int().tolist()
        [[0, 0, 1000, 0, 0], [1, 157, 683, 157, 1]]
    """
    reach = ((sigma * TRUNCATED).clamp(min=0.5) + 0.5).to(torch.int64).unsqueeze(-1)
    longest = int(reach.max())
    places = torch.arange(-longest, longest + 1, dtype=torch.float32)
    scale = (2**-0.5 / sigma).unsqueeze(-1)
    weights = (torch.erf(scale * (places + 0.5)) - torch.erf(scale * (places - 0.5))) / 2
    return weights * (places.abs() <= reach)
