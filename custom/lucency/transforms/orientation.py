"""Turning an image upright when the file says how it lies."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Pixel = TypeVar("Pixel", bound=np.generic)

_AXES = {"L": "LR", "R": "LR", "A": "AP", "P": "AP", "H": "HF", "F": "HF"}


def upright(image: NDArray[Pixel], along_row: str, along_column: str) -> NDArray[Pixel]:
    """Turn an image so that its rows run to the patient's left and its columns to the feet.

    This is how a radiologist sees a frontal radiograph: head up, the patient's right on the viewer's left. Only what is
    stated is used: of a lateral view (rows anterior or posterior) only head and feet are put right, and directions that
    are empty or contradictory leave the image as it is.

    Args:
        image: (rows, columns).
        along_row: patient direction from the first to the last pixel of a row, as in the first value of
            PatientOrientation (PS3.3 C.7.6.1.1.1): ``L``, ``R``, ``A``, ``P``, ``H`` or ``F``; of several letters the
            first, the main direction, counts.
        along_column: the same of a column, as in the second value.

    Returns:
        A view of the image.

    Example:
        >>> upright(np.array([[1, 2], [3, 4]]), "L", "H").tolist()
        [[3, 4], [1, 2]]
        >>> upright(np.array([[1, 2], [3, 4]]), "F", "L").tolist()
        [[1, 3], [2, 4]]
    """
    along_row, along_column = _main_direction(along_row), _main_direction(along_column)
    if not along_row or not along_column or _AXES[along_row] == _AXES[along_column]:
        return image
    if along_row in "HF":
        image, along_row, along_column = image.T, along_column, along_row
    if along_row == "R":
        image = image[:, ::-1]
    if along_column == "H":
        image = image[::-1]
    return image


def _main_direction(letters: str) -> str:
    axes = [_AXES.get(letter) for letter in letters]
    return letters[0] if letters and None not in axes and len(set(axes)) == len(axes) else ""
