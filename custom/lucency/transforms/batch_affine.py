"""Rotation, scale and shift of a batch by one interpolation."""

from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional

from .batch_transform import BatchTransform, uniform


class BatchAffine(BatchTransform):
    r"""Rotate, scale and shift images about their centre, each by numbers of its own; zeros from outside.

    A pixel at $p$ (rows, columns from the centre) takes the value at $R(\alpha)\,(s \odot p + t)$, bilinearly:
    $\alpha$, $s$ and $t$ uniform, scales of height and width apart, as in MONAI's `RandAffine` with a
    ``padding_mode`` of ``zeros``.

    Args:
        prob: share of the images that are changed.
        rotate_range: radians, to either side.
        scale_range: about 1, to either side; 0.1 is 0.9 to 1.1.
        translate_range: share of height and width, to either side.

    Raises:
        ConfigError: an argument is out of range.

    Example:
        >>> affine = BatchAffine(prob=0.8, rotate_range=0.1, scale_range=0.1, translate_range=0.05)
        >>> affine(torch.rand(4, 1, 32, 32), Generator().manual_seed(0)).shape
        torch.Size([4, 1, 32, 32])
    """

    at_a_time = 4

    def __init__(
        self, *, prob: float, rotate_range: float = 0.0, scale_range: float = 0.0, translate_range: float = 0.0
    ) -> None:
        super().__init__(prob=prob)
        self.rotate_range = self._number("rotate_range", rotate_range, 0, torch.pi)
        self.scale_range = self._number("scale_range", scale_range, 0, 0.99)
        self.translate_range = self._number("translate_range", translate_range, 0, 1)

    def draw(self, images: int, size: tuple[int, int], generator: Generator) -> dict[str, Any]:
        """Angle (B,) in radians, scale (B, 2), and shift (B, 2) in pixels, of rows and columns."""
        pair = (images, 2)
        shift = uniform(pair, -self.translate_range, self.translate_range, generator)
        return {
            "angle": uniform(images, -self.rotate_range, self.rotate_range, generator),
            "scale": uniform(pair, 1 - self.scale_range, 1 + self.scale_range, generator),
            "shift": shift * torch.tensor(size),
        }

    def change(self, images: Tensor, **drawn: Any) -> Tensor:
        """Sample every image at the places that it looks at."""
        size = images.shape[-2], images.shape[-1]
        grid = _grid(_normalised(**drawn, size=size), size)
        return functional.grid_sample(images, grid.to(images.dtype), padding_mode="zeros", align_corners=False)


def _normalised(*, angle: Tensor, scale: Tensor, shift: Tensor, size: tuple[int, int]) -> Tensor:
    """Matrices (B, 2, 3) on torch's coordinates: columns before rows, and -1 to 1 from border to border."""
    height, width = size
    sine, cosine = angle.sin(), angle.cos()
    down, across = scale.unbind(1)
    shift_down, shift_across = shift.unbind(1)
    columns = cosine * across, sine * down * (height / width), (sine * shift_down + cosine * shift_across) * 2 / width
    rows = -sine * across * (width / height), cosine * down, (cosine * shift_down - sine * shift_across) * 2 / height
    return torch.stack([torch.stack(columns, dim=1), torch.stack(rows, dim=1)], dim=1)


def _grid(matrices: Tensor, size: tuple[int, int]) -> Tensor:
    """Places to sample (B, H, W, 2), as `affine_grid` gives them, but as sums of rows and columns: far less work."""
    down, across = (_centres(length, matrices.device) for length in size)
    columns = matrices[:, :, 0, None] * across
    rows = matrices[:, :, 1, None] * down + matrices[:, :, 2, None]
    return (rows.unsqueeze(3) + columns.unsqueeze(2)).permute(0, 2, 3, 1)


def _centres(length: int, device: torch.device) -> Tensor:
    """Centres of pixels between -1 and 1."""
    return (torch.arange(length, device=device) * 2 + 1) / length - 1
