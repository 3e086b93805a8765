"""Spreading point volumes over a pixel grid, one point at a time."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def reference_deposit(
    size: int, pixel: float, rows: NDArray[np.floating], columns: NDArray[np.floating], volume: float, blur: float
) -> NDArray[np.float64]:
    """Thickness of points shared between their four nearest pixels, then blurred as a whole image."""
    image = np.zeros((size, size))
    for row, column in zip(rows.astype(float), columns.astype(float), strict=True):
        if not (0 <= row < size - 1 and 0 <= column < size - 1):
            continue
        top, left = int(row), int(column)
        for y in (top, top + 1):
            for x in (left, left + 1):
                image[y, x] += volume / pixel**2 * (1 - abs(row - y)) * (1 - abs(column - x))
    return ndimage.gaussian_filter(image, blur / pixel, truncate=3.0) if blur / pixel > 0.2 else image
