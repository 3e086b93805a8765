"""Windowing and averaging areas of a batch of full-size radiographs on any device, by two matrix products."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..errors import ConfigError
from .framing import Fit, Stretch, framing

STORED = (torch.uint8, torch.uint16, torch.int16)
"""What pixels may be stored as."""

_PIXELS_AT_ONCE = 1 << 26
"""So many become float32 at a time, 256 MiB."""

Ends = float | Sequence[float]


def display_on_device(
    pixels: Tensor,
    *,
    black: Ends | None = None,
    white: Ends | None = None,
    table: Tensor | None = None,
    spatial_size: int,
    fit: Fit = "pad",
    stretch: bool = True,
) -> Tensor:
    r"""Make network input of stored pixels where they are: shown, averaged to a small size, stretched, padded.

    A pixel x is shown as $\min(\max(\frac{x - b}{w - b}, 0), 1)$ with the stored values b and w that are black and
    white, or as a table says. Images are averaged along both axes by $R\,X\,C^T$, R and C the shares of the pixels that
    lie in each output pixel, in float32 throughout, whatever autocast and the precision of matrix products are set to:
    within 1e-5 of exact arithmetic. The result is what the bundles' preprocessing makes of upright images of a size.

    What DICOM's header means for the values, `lucency.transforms.grey_levels.black_and_white` says; there, too, belong
    orientation and padding values, which are not looked at here.

    Args:
        pixels: (B, H, W) uint8, uint16 or int16, stored values.
        black: stored value shown as 0, or one for each image; above `white` where MONOCHROME1 inverts.
        white: stored value shown as 1, or one for each image.
        table: instead of both, float32 in [0, 1] for every value of the pixels' dtype from the lowest on: (K,), or
            (B, K) for a table an image, K = 256 or 65,536, on the device of `pixels`.
        spatial_size: S, pixels.
        fit: ``pad`` keeps the whole image and its aspect ratio and pads it with zeros, ``crop`` keeps the largest
            centred square.
        stretch: let every small image reach from 0 to 1 (before it is padded); one of a single grey becomes 0.

    Returns:
        (B, 1, S, S) float32 in [0, 1], on the device of `pixels`.

    Raises:
        ConfigError: another shape, dtype or fit; neither or both of ends and table; ends that are equal or not finite;
            a table of another size.

    Example:
        >>> pixels = torch.tensor([[[0, 0, 100, 300], [0, 200, 100, 300]]], dtype=torch.int16)
        >>> display_on_device(pixels, black=0, white=200, spatial_size=2, stretch=False)
        tensor([[[[0.2500, 0.7500],
                  [0.0000, 0.0000]]]])
    """
    _check(pixels, spatial_size, fit)
    images, height, width = pixels.shape
    if (table is None) == (black is None or white is None):
        raise ConfigError("display_on_device: give either both black and white, or a table")
    if table is not None:
        tables = _tables(table, pixels)
    else:
        ends = [_one_an_image(name, end, images) for name, end in (("black", black), ("white", white))]
        line = _line(*ends)
    rows, columns = framing((height, width), spatial_size, fit)
    down, across = _shares(rows, pixels.device), _shares(columns, pixels.device)
    small = torch.empty(images, rows.size, columns.size, device=pixels.device)
    step = max(1, _PIXELS_AT_ONCE // (height * width))
    with _full_precision(pixels.device.type):
        for first in range(0, images, step):
            part = slice(first, first + step)
            shown = _looked_up(pixels[part], tables[part]) if table is not None else _clipped(pixels[part], line[part])
            small[part] = down @ (shown @ across.T)
    if stretch:
        small = _stretched(small)
    spare = [spatial_size - side for side in (columns.size, rows.size)]
    return functional.pad(small, [part for side in spare for part in (side // 2, side - side // 2)])[:, None]


def _check(pixels: Tensor, spatial_size: int, fit: str) -> None:
    if pixels.ndim != 3 or pixels.dtype not in STORED or not pixels.numel():
        raise ConfigError(
            f"display_on_device: pixels are {tuple(pixels.shape)} {pixels.dtype}; give (images, rows, columns) "
            "uint8, uint16 or int16"
        )
    if spatial_size < 1:
        raise ConfigError(f"display_on_device: spatial_size is {spatial_size}; give a number of pixels from 1")
    if fit not in ("pad", "crop"):
        raise ConfigError(f"display_on_device: fit is {fit!r}; give 'pad' or 'crop'")


def _one_an_image(name: str, ends: Ends | None, images: int) -> list[float]:
    numbers = [float(ends)] * images if isinstance(ends, int | float) else [float(end) for end in ends or ()]
    if len(numbers) != images or not all(map(math.isfinite, numbers)):
        raise ConfigError(f"display_on_device: {name} is {ends}; give a finite number, or one for each image")
    return numbers


def _line(black: list[float], white: list[float]) -> Tensor:
    """Base, slope and level at the base of each image, (B, 3) float32.

    The base is a whole number amid the window: subtracted first, it leaves what float32 holds exactly.
    """
    ends = np.array([black, white])
    if (same := np.flatnonzero(ends[0] == ends[1])).size:
        raise ConfigError(f"display_on_device: black and white of image {same[0]} are both {black[same[0]]:g}")
    base = np.round(ends.mean(axis=0))
    return torch.from_numpy(
        np.stack([base, 1 / (ends[1] - ends[0]), (base - ends[0]) / (ends[1] - ends[0])], 1)
    ).float()


def _clipped(pixels: Tensor, line: Tensor) -> Tensor:
    base, slope, level = line.to(pixels.device, non_blocking=True)[..., None, None].unbind(1)
    return pixels.to(torch.float32).sub_(base).mul_(slope).add_(level).clamp_(0, 1)


def _tables(table: Tensor, pixels: Tensor) -> Tensor:
    entries = 2 ** (8 * pixels.element_size())
    if table.shape not in ((entries,), (len(pixels), entries)) or table.dtype != torch.float32:
        raise ConfigError(
            f"display_on_device: table is {tuple(table.shape)} {table.dtype}; give float32, {entries} levels for "
            f"{pixels.dtype}, of all images or of each"
        )
    return table.expand(len(pixels), entries)


def _looked_up(pixels: Tensor, tables: Tensor) -> Tensor:
    index = pixels.flatten(1).long() - torch.iinfo(pixels.dtype).min
    return tables.gather(1, index).view(pixels.shape)


@lru_cache(maxsize=32)
def _shares(stretch: Stretch, device: torch.device) -> Tensor:
    """Share of every source pixel in every output pixel, (m, n) float32."""
    weights = stretch.weights()
    shares = np.zeros((stretch.size, stretch.pixels), dtype=np.float32)
    for row, (start, count) in enumerate(zip(weights.starts, weights.counts, strict=True)):
        shares[row, start : start + count] = weights.weights[row, :count]
    return torch.from_numpy(shares).to(device)


def _stretched(images: Tensor) -> Tensor:
    low, high = (end[:, None, None] for end in images.flatten(1).aminmax(dim=1))
    return torch.where(high > low, (images - low) / (high - low), 0)


@contextmanager
def _full_precision(device: str) -> Iterator[None]:
    """Neither TensorFloat-32 nor bfloat16: three decimal digits would miss the bound."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.autocast(device, enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
