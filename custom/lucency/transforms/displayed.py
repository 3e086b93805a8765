"""From pixel cells to grey levels, whole or averaged to a smaller size."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from .area import AreaWeights
from .averaging import average_clipped, average_looked_up
from .grey_levels import black_and_white, grey_levels
from .header import ImageHeader

Cells = NDArray[np.unsignedinteger]
Levels = NDArray[np.float32]

_BLOCK = 1 << 18
"""Pixels that are looked up at once: their indices, four times as large, stay in the cache."""


def displayed(dataset: Dataset, header: ImageHeader, cells: Cells) -> Levels:
    """Show every pixel.

    Args:
        dataset: the image.
        header: its checked header.
        cells: its pixel cells, (H, W).

    Returns:
        (H, W) float32 in [0, 1].

    Raises:
        RadiographError: a transformation is invalid, or leaves the image without any contrast.
    """
    if cells.itemsize > 2:
        patterns, index = np.unique(cells, return_inverse=True)
        levels: Levels = grey_levels(dataset, header, header.values(patterns)).astype(np.float32)
        return levels[index]
    table = _display_table(dataset, header, cells)
    image = np.empty(cells.shape, dtype=np.float32)
    for block in _blocks(cells):
        np.take(table, cells[block], out=image[block], mode="clip")  # no cell lies outside the table
    return image


def displayed_small(
    dataset: Dataset, header: ImageHeader, cells: Cells, rows: AreaWeights, columns: AreaWeights, excess: float = 0.0
) -> Levels:
    """Show averages of areas: `displayed`, averaged, without the full image in between.

    Args:
        dataset: the image.
        header: its checked header.
        cells: its pixel cells, (H, W), or those of a lower resolution.
        rows: how the rows are averaged.
        columns: how the columns are.
        excess: by how much the cells' values are too high.

    Returns:
        (h, w) float32 in [0, 1].

    Raises:
        RadiographError: a transformation is invalid, or leaves the image without any contrast.
    """
    if cells.itemsize > 2:
        return average_clipped(displayed(dataset, header, cells), rows, columns, base=0, low=0, high=1)
    cells = cells.astype(cells.dtype.newbyteorder("="), copy=False)
    values = cells.view(f"i{cells.itemsize}") if header.signed else cells
    lowest, highest = float(values.min()), float(values.max())
    if (line := _line(dataset, header, lowest, highest)) is None:
        return average_looked_up(cells, rows, columns, _display_table(dataset, header, cells, excess))
    black, white = (end + excess for end in line)
    low, high = min(black, white), max(black, white)
    base = float(np.clip(np.floor(low), lowest, highest))
    small = average_clipped(values, rows, columns, base, low - base, high - base)
    levels: Any = (small + (base - black)) / (white - black)  # in 64 bits
    return np.clip(levels, 0, 1).astype(np.float32)  # type: ignore[no-any-return]


def _line(dataset: Dataset, header: ImageHeader, lowest: float, highest: float) -> tuple[float, float] | None:
    # Cells are values where nothing else lies in them: overlays, or a sign that does not reach the highest bit
    bottom, top = header.limits
    if header.high_bit != header.bits_stored - 1 or lowest < bottom or highest > top:
        return None
    return black_and_white(dataset, header, lowest, highest)


def _display_table(dataset: Dataset, header: ImageHeader, cells: Cells, excess: float = 0.0) -> Levels:
    # What a pixel displays depends on its cell alone: compute it once for each cell pattern that occurs
    size = 2 ** (8 * cells.itemsize)
    occurs = np.zeros(size, dtype=bool)
    for block in _blocks(cells):
        occurs |= np.bincount(cells[block].ravel(), minlength=size) > 0
    patterns = np.flatnonzero(occurs)
    table = np.zeros(size, dtype=np.float32)
    table[patterns] = grey_levels(dataset, header, header.values(patterns) - excess)
    return table


def _blocks(cells: Cells) -> list[slice]:
    step = max(1, _BLOCK // cells.shape[1])
    return [slice(first, first + step) for first in range(0, len(cells), step)]
