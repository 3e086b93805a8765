"""From the square that a network sees back to the radiograph."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Fit = Literal["pad", "crop"]


def on_radiograph(
    heat: NDArray[np.floating], *, size: int, shape: tuple[int, int], displayed: tuple[int, int], fit: Fit = "pad"
) -> NDArray[np.float32]:
    """Undo crop, resize and padding: show the cells of a heat map where they belong on the radiograph.

    The preprocessing of an inference bundle keeps the aspect ratio (the longest side becomes `size`) and pads to a
    centred square, or cuts the centred square first. Both axes are undone by one linear interpolation between the
    centres of the cells, so nothing is rounded on the way.

    Args:
        heat: (h, w), covering the network's input from edge to edge.
        size: rows and columns of the network's input.
        shape: rows and columns of the radiograph as it was read.
        displayed: rows and columns to return; those of the radiograph, enlarged or reduced.
        fit: ``pad`` or ``crop``, as the network was trained.

    Returns:
        `displayed`, float32; 0 where the network saw nothing.

    Example:
        >>> heat = np.array([[0.0, 1.0], [0.0, 1.0]])
        >>> on_radiograph(heat, size=4, shape=(2, 4), displayed=(2, 4)).tolist()
        [[0.0, 0.25, 0.75, 1.0], [0.0, 0.25, 0.75, 1.0]]
        >>> on_radiograph(heat, size=4, shape=(2, 4), displayed=(2, 4), fit="crop").tolist()
        [[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    """
    rows, columns = (_weights(heat.shape[axis], size, shape, displayed[axis], axis, fit) for axis in (0, 1))
    placed: NDArray[np.float32] = (rows @ heat @ columns.T).astype(np.float32)
    return placed


def seen(shape: tuple[int, int], fit: Fit) -> tuple[tuple[int, int], tuple[int, int]]:
    """First row and row after the last that the network sees of a radiograph, and the same of the columns.

    Example:
        >>> seen((5, 3), "crop"), seen((5, 3), "pad")
        (((1, 4), (0, 3)), ((0, 5), (0, 3)))
    """
    return _seen(shape, 0, fit), _seen(shape, 1, fit)


def _seen(shape: tuple[int, int], axis: int, fit: Fit) -> tuple[int, int]:
    side = shape[axis] if fit == "pad" else min(shape)
    first = shape[axis] // 2 - side // 2  # as `CenterSquareCrop` rounds
    return first, first + side


def _weights(
    cells: int, size: int, shape: tuple[int, int], displayed: int, axis: int, fit: Fit
) -> NDArray[np.floating]:
    """Share (displayed, cells) of each cell in each displayed row or column."""
    first, last = _seen(shape, axis, fit)
    scale = size / (max(shape) if fit == "pad" else min(shape))
    content = round((last - first) * scale)  # as MONAI's `Resize` rounds
    before = (size - content) // 2  # as MONAI's `SpatialPad` does
    place = (np.arange(displayed) + 0.5) / displayed * shape[axis]
    fraction = (place - first) / (last - first)
    cell = (before + fraction * content) * cells / size - 0.5
    weights = np.stack([np.interp(cell, np.arange(cells), unit) for unit in np.eye(cells)], axis=1)
    weights[(fraction < 0) | (fraction > 1)] = 0
    return weights
