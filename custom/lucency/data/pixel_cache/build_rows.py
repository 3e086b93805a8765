"""From files to rows of a pixel cache, in whatever process or machine it is called."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import explanation
from .settings import PixelSettings

Pixels = np.ndarray[Any, np.dtype[Any]]
"""uint8 or uint16."""


def build_rows(files: Sequence[str], settings: PixelSettings) -> tuple[Pixels, dict[int, str]]:
    r"""Read files and make them rows: resize by area, stretch, pad with 0, round.

    .. math:: q = \operatorname{round}\left((2^{d} - 1) \frac{x - \min x}{\max x - \min x}\right)

    for depth *d* and the resized image *x*; an image of one grey level becomes 0. Without `stretch`, *q* is *x* times
    the highest level, rounded.

    Args:
        files: paths.
        settings: size, fit, depth and range.

    Returns:
        Rows (n, 1, S, S) of `settings.dtype`; and, for each place in `files` whose file cannot be read, the reason.
            Such a row holds 0 and is not to be kept.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> path = f"{tempfile.mkdtemp()}/a.png"
        >>> Image.fromarray(np.array([[0, 100], [100, 200]], np.uint8)).save(path)
        >>> rows, reasons = build_rows([path, "absent.png"], PixelSettings(2))
        >>> rows[0, 0].tolist(), list(reasons)
        ([[0, 128], [128, 255]], [1])
    """
    rows = np.zeros((len(files), *settings.shape), settings.dtype)
    reasons = {}
    for place, file in enumerate(files):
        try:
            rows[place] = build_row(file, settings)
        except Exception as error:  # whatever a decoder throws at a damaged file; one file is not to stop the others
            text = explanation(error) or f"{type(error).__name__}: {error}"
            reasons[place] = " ".join(text.removeprefix(f"{file}: ").split())
    return rows, reasons


def build_row(file: str, settings: PixelSettings) -> Pixels:
    """One row, (1, S, S) of `settings.dtype`.

    Raises:
        RadiographError: the file cannot be read.
    """
    from ...transforms import read_radiograph  # decoders, which opening a finished cache can spare

    image = read_radiograph(file, spatial_size=settings.spatial_size, fit=settings.fit, exact=settings.exact)
    row = np.zeros(settings.shape, settings.dtype)
    top, left = ((settings.spatial_size - side) // 2 for side in image.shape)
    height, width = image.shape
    row[0, top : top + height, left : left + width] = np.rint(grey_levels(image, settings))
    return row


def grey_levels(image: NDArray[np.float32], settings: PixelSettings) -> NDArray[np.float32]:
    """An image in [0, 1] in the levels of the cache, stretched if the settings say so, not yet rounded."""
    if not settings.stretch:
        return image * np.float32(settings.levels)
    low, high = image.min(), image.max()
    return (image - low) * (np.float32(settings.levels) / (high - low)) if high > low else np.zeros_like(image)
