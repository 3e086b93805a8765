"""A row of a pixel cache by the long road: every pixel of the file, areas one by one in 64 bits, then the levels."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lucency.data.pixel_cache import PixelSettings
from lucency.transforms import read_radiograph
from references.area import padded_size, reference_average


def reference_row(path: str | Path, settings: PixelSettings) -> NDArray[np.int64]:
    """(S, S): read, resize, stretch, pad, round."""
    image = read_radiograph(path)
    size = settings.spatial_size
    shape = (size, size) if settings.fit == "crop" else padded_size(image.shape, size)
    small = reference_average(image, shape, settings.fit)
    if settings.stretch:
        small = (small - small.min()) / (small.max() - small.min())
    square = np.zeros((size, size))
    top, left = (size - shape[0]) // 2, (size - shape[1]) // 2
    square[top : top + shape[0], left : left + shape[1]] = small
    return np.rint(square * (2**settings.depth - 1)).astype(np.int64)
