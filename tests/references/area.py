"""Averages of areas, one output pixel at a time, in 64 bits."""

import numpy as np
from numpy.typing import NDArray


def reference_average(image: NDArray[np.floating], size: tuple[int, int], fit: str = "pad") -> NDArray[np.float64]:
    """Mean of what each of `size` output pixels covers of the image, or of its centred square."""
    spans = [(0.0, float(side)) for side in image.shape]
    if fit == "crop":
        half = min(image.shape) / 2
        spans = [(side / 2 - half, side / 2 + half) for side in image.shape]
    rows, columns = (
        [shares(start, stop, number, side, index) for index in range(number)]
        for (start, stop), number, side in zip(spans, size, image.shape, strict=True)
    )
    return np.array([[row @ image.astype(float) @ column for column in columns] for row in rows])


def shares(start: float, stop: float, number: int, side: int, index: int) -> NDArray[np.float64]:
    """Share of an output pixel that lies in each source pixel."""
    left = start + (stop - start) * index / number
    right = start + (stop - start) * (index + 1) / number
    overlap = [max(0.0, min(k + 1, right) - max(k, left)) for k in range(side)]
    return np.array(overlap) / sum(overlap)


def padded_size(shape: tuple[int, int], longest: int) -> tuple[int, int]:
    """Rows and columns when the longest side becomes `longest`."""
    scale = longest / max(shape)
    rows, columns = (max(1, round(side * scale)) for side in shape)
    return rows, columns
