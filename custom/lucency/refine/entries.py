"""Checks of the arrays (images, findings) that selection, rates and keep masks compute with."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LabelError, LucencyError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def check_targets(targets: ArrayLike) -> FloatArray:
    """Observed labels as float64 (N, C).

    Args:
        targets: (N, C) of 1, 0, or NaN for a label that is not known.

    Raises:
        LucencyError: the array is not (images, findings), or has none of either.
        LabelError: a target is neither 1, 0 nor NaN. Soft targets train, they are neither right nor wrong.

    Example:
        >>> check_targets([[1, -1]])
        Traceback (most recent call last):
        ...
        lucency.errors.LabelError: target of finding 1 in row 0 is -1; give 1, 0, or NaN for unknown or soft labels
    """
    array = np.asarray(targets, dtype=np.float64)
    if array.ndim != 2 or array.size == 0:
        raise LucencyError(f"targets are {array.shape}; give (images, findings) with at least one of each")
    wrong = ~((array == 0) | (array == 1) | np.isnan(array))
    if wrong.any():
        raise LabelError(f"{_first('target', array, wrong)}; give 1, 0, or NaN for unknown or soft labels")
    return array


def check_probabilities(name: str, probabilities: ArrayLike, targets: FloatArray) -> FloatArray:
    """Probabilities of a model as float64 (N, C).

    Args:
        name: what to call them in an error.
        probabilities: (N, C) in [0, 1], also where the label is not known.
        targets: (N, C).

    Raises:
        LucencyError: shapes differ, or a value is NaN or outside [0, 1], as logits are.

    Example:
        >>> check_probabilities("second", [[2.5]], np.zeros((1, 1)))
        Traceback (most recent call last):
        ...
        lucency.errors.LucencyError: second of finding 0 in row 0 is 2.5; give probabilities in [0, 1], not logits
    """
    array = check_shape(name, probabilities, targets)
    wrong = ~((array >= 0) & (array <= 1))
    if wrong.any():
        raise LucencyError(f"{_first(name, array, wrong)}; give probabilities in [0, 1], not logits")
    return array


def check_known(name: str, values: ArrayLike, targets: FloatArray) -> FloatArray:
    """Values of entries, such as losses, as float64 (N, C), there wherever the label is known.

    Args:
        name: what to call them in an error.
        values: (N, C); what stands where the label is unknown is of no account.
        targets: (N, C).

    Raises:
        LucencyError: shapes differ, or a value is not finite although the label is known.

    Example:
        >>> check_known("losses", [[np.nan]], np.ones((1, 1)))
        Traceback (most recent call last):
        ...
        lucency.errors.LucencyError: losses of finding 0 in row 0 is nan although its label is known; give ...
    """
    array = check_shape(name, values, targets)
    wrong = ~np.isfinite(array) & ~np.isnan(targets)
    if wrong.any():
        raise LucencyError(f"{_first(name, array, wrong)} although its label is known; give finite numbers there")
    return array


def check_shape(name: str, values: ArrayLike, targets: FloatArray) -> FloatArray:
    """Values as float64, one an entry.

    Raises:
        LucencyError: the shape is not that of the targets.

    Example:
        >>> check_shape("vog", [[1, 2]], np.zeros((1, 2)))
        array([[1., 2.]])
    """
    array = np.asarray(values, dtype=np.float64)
    if array.shape != targets.shape:
        raise LucencyError(f"{name} is {array.shape} and targets are {targets.shape}; give one value an entry")
    return array


def _first(name: str, array: FloatArray, wrong: BoolArray) -> str:
    """Where the first wrong value stands, and what it is."""
    row, column = np.argwhere(wrong)[0]
    return f"{name} of finding {column} in row {row} is {array[row, column]:g}"
