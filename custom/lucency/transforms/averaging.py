"""Averaging the areas of a full-size image in one pass over its pixels: windowed, looked up, or as they are.

For every output row, the source rows it is made of are added up, then the columns. The compiled form and that in NumPy
do the same arithmetic in the same order, so that they agree to the last bit.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from .area import AreaWeights

Levels = NDArray[np.float32]

_FEW = 8
"""So many images are averaged by NumPy, in a tenth of a second, before numba is imported, which takes three."""


def average_clipped(
    pixels: NDArray[Any], rows: AreaWeights, columns: AreaWeights, base: float, low: float, high: float
) -> Levels:
    r"""Average $\min(\max(x - b, l), h)$ over areas.

    Args:
        pixels: (H, W) of integers of at most 16 bits, or float32.
        rows: weights of the rows, as `area_weights` gives them.
        columns: weights of the columns.
        base: b, a whole number near the lower end of the pixels, so that what is left is exact in 32 bits.
        low: l, already relative to `base`.
        high: h, likewise.

    Returns:
        (h, w) float32.

    Example:
        >>> from .area import area_weights
        >>> pixels = np.array([[0, 100, 200, 300]], np.uint16)
        >>> average_clipped(pixels, area_weights(1, 1), area_weights(4, 2), base=0, low=50, high=250)
        array([[ 75., 225.]], dtype=float32)
    """
    sums = np.empty((len(rows.starts), pixels.shape[1]), dtype=np.float32)
    ends = np.float32(base), np.float32(low), np.float32(high)
    _sum_clipped(np.ascontiguousarray(pixels), *ends, *rows, sums)
    return _along_columns(sums, columns)


def average_looked_up(
    cells: NDArray[np.unsignedinteger], rows: AreaWeights, columns: AreaWeights, table: Levels
) -> Levels:
    """Average ``table[x]`` over areas.

    Args:
        cells: (H, W) of uint8 or uint16.
        rows: weights of the rows.
        columns: weights of the columns.
        table: float32, an entry for each value up to the largest that occurs.

    Returns:
        (h, w) float32.

    Example:
        >>> from .area import area_weights
        >>> cells, table = np.array([[0, 1, 2, 2]], np.uint8), np.array([0.0, 1.0, 0.5], np.float32)
        >>> average_looked_up(cells, area_weights(1, 1), area_weights(4, 2), table)
        array([[0.5, 0.5]], dtype=float32)
    """
    sums = np.empty((len(rows.starts), cells.shape[1]), dtype=np.float32)
    _sum_looked_up(np.ascontiguousarray(cells), table, *rows, sums)
    return _along_columns(sums, columns)


def _along_columns(sums: Levels, columns: AreaWeights) -> Levels:
    small = np.empty((len(sums), len(columns.starts)), dtype=np.float32)
    _sum_columns(sums, *columns, small)
    return small


def _sum_clipped_in_numpy(
    pixels: Any, base: Any, low: Any, high: Any, starts: Any, counts: Any, weights: Any, sums: Any
) -> None:
    for row, total in enumerate(sums):
        block = pixels[starts[row] : starts[row] + counts[row]].astype(np.float32)
        block -= base
        _add_up(np.clip(block, low, high, out=block), weights[row], total)


@compiled(instead=_sum_clipped_in_numpy, after=_FEW)
def _sum_clipped(
    pixels: Any, base: Any, low: Any, high: Any, starts: Any, counts: Any, weights: Any, sums: Any
) -> None:
    for row in range(len(sums)):
        total = sums[row]
        total[:] = 0
        for k in range(counts[row]):
            weight, line = weights[row, k], pixels[starts[row] + k]
            for x in range(len(total)):
                total[x] += weight * min(max(np.float32(line[x]) - base, low), high)


def _sum_looked_up_in_numpy(cells: Any, table: Any, starts: Any, counts: Any, weights: Any, sums: Any) -> None:
    for row, total in enumerate(sums):
        block = np.take(table, cells[starts[row] : starts[row] + counts[row]], mode="clip")  # none lies outside
        _add_up(block, weights[row], total)


@compiled(instead=_sum_looked_up_in_numpy, after=_FEW)
def _sum_looked_up(cells: Any, table: Any, starts: Any, counts: Any, weights: Any, sums: Any) -> None:
    for row in range(len(sums)):
        total = sums[row]
        total[:] = 0
        for k in range(counts[row]):
            weight, line = weights[row, k], cells[starts[row] + k]
            for x in range(len(total)):
                total[x] += weight * table[line[x]]


def _add_up(block: Levels, weights: NDArray[np.float32], total: Levels) -> None:
    total[:] = 0
    for line, weight in zip(block, weights, strict=False):  # beyond the block weights are zero
        line *= weight
        total += line


def _sum_columns_in_numpy(sums: Any, starts: Any, counts: Any, weights: Any, small: Any) -> None:
    small[:] = 0
    for k in range(counts.max()):  # weights are zero from an output's own count on
        small += weights[:, k] * sums[:, np.minimum(starts + k, sums.shape[1] - 1)]


@compiled(instead=_sum_columns_in_numpy, after=_FEW)
def _sum_columns(sums: Any, starts: Any, counts: Any, weights: Any, small: Any) -> None:
    for row in range(len(small)):
        total = sums[row]
        for column in range(len(starts)):
            level = np.float32(0)
            for k in range(counts[column]):
                level += weights[column, k] * total[starts[column] + k]
            small[row, column] = level
