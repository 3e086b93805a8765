"""The bundles' preprocessing on NumPy arrays."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...transforms.framing import Fit
from ...transforms.reading import read_radiograph


def network_input(path: str | Path, *, image_size: int, fit: Fit = "pad", exact: bool = False) -> NDArray[np.float32]:
    """Read a radiograph as the network sees it: resized, stretched to 0 ... 1, padded with black to a square.

    Args:
        path: DICOM, PNG, JPEG or NIfTI file.
        image_size: S.
        fit: see `read_radiograph`.
        exact: see `read_radiograph`.

    Returns:
        (1, S, S) float32.

    Raises:
        RadiographError: see `read_radiograph`.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> path = f"{tempfile.mkdtemp()}/image.png"
        >>> Image.fromarray(np.array([[40, 60, 50]], np.uint8)).save(path)
        >>> network_input(path, image_size=3)
        array([[[0. , 0. , 0. ],
                [0. , 1. , 0.5],
                [0. , 0. , 0. ]]], dtype=float32)
    """
    image = read_radiograph(path, spatial_size=image_size, fit=fit, exact=exact)
    low, high = image.min(), image.max()
    stretched = (image - low) / (high - low) if high > low else np.zeros_like(image)
    square = np.zeros((1, image_size, image_size), np.float32)
    top, left = ((image_size - length) // 2 for length in image.shape)
    square[0, top : top + image.shape[0], left : left + image.shape[1]] = stretched
    return square
