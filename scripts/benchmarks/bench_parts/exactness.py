"""The slow, obvious road from a file to a small image, in float64, and how far a fast one lies from it."""

from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

Image = NDArray[np.float64]
BORDER = 0.05
"""Share of the image at each side that does not count as its inside: beams end there, and collimators are sharp."""


def area_weights(source: int, target: int) -> Image:
    """How much each of `source` pixels covers each of `target` pixels in a row, (target, source), rows add up to 1."""
    edges = np.arange(target + 1) * source / target
    first, last = edges[:-1, None], edges[1:, None]
    pixels = np.arange(source)[None]
    covered = np.minimum(last, pixels + 1) - np.maximum(first, pixels)
    return np.maximum(covered, 0) * target / source


def reference(path: Path, shape: tuple[int, ...]) -> Image:
    """The image of a file of `radiographs`, decoded by pydicom, its window and the mean over each pixel's area."""
    dataset = pydicom.dcmread(path)
    centre, width = float(dataset.WindowCenter), float(dataset.WindowWidth)
    shown = np.clip((dataset.pixel_array.astype(np.float64) - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)
    shown = 1 - shown if dataset.PhotometricInterpretation == "MONOCHROME1" else shown
    rows, columns = (area_weights(source, target) for source, target in zip(shown.shape, shape, strict=True))
    small: Image = rows @ shown @ columns.T
    return small


def errors(image: NDArray[np.floating], expected: Image) -> tuple[float, float, float]:
    """Largest error, root mean square, and root mean square inside the border, as shares of the range."""
    gap = image - expected
    rows, columns = (round(BORDER * side) for side in gap.shape)
    inside = gap[rows : gap.shape[0] - rows, columns : gap.shape[1] - columns]
    return float(np.abs(gap).max()), float(np.sqrt(np.mean(gap**2))), float(np.sqrt(np.mean(inside**2)))
