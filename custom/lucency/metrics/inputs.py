"""Checks that every metric makes of its scores and targets, before any of them is trusted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ConfigError, LabelError, LucencyError, TableError

FloatArray = NDArray[np.float64]
RealArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.int64]


def check_scores_and_targets(
    scores: ArrayLike, targets: ArrayLike, findings: Sequence[str] | None = None
) -> tuple[RealArray, RealArray]:
    """Scores and targets as arrays (N, L), or an error that names the finding and the row.

    float32 stays float32: it sorts in half the time, and its order is that of the same numbers in float64. Everything
    else becomes float64.

    Args:
        scores: (N, L) finite numbers, higher means more likely.
        targets: (N, L) of 1, 0, or NaN for a label that is not known.
        findings: L names for the messages; None names findings by their column.

    Raises:
        LucencyError: shapes do not fit, or a score is NaN or infinite: it would be sorted somewhere and score an AUROC.
        LabelError: a target is neither 0, 1 nor NaN. Soft targets train, they do not evaluate.

    Example:
        >>> check_scores_and_targets([[0.2], [np.nan]], [[0], [1]], ["edema"])
        Traceback (most recent call last):
        ...
        lucency.errors.LucencyError: score of finding 'edema' in row 1 is nan; ...
    """
    scores, targets = _real(scores), _real(targets)
    if scores.ndim != 2 or scores.shape != targets.shape or scores.size == 0:
        raise LucencyError(
            f"scores are {scores.shape} and targets {targets.shape}; "
            "both must be (images, findings) with at least one of each"
        )
    if findings is not None and len(findings) != scores.shape[1]:
        raise LucencyError(f"{len(findings)} finding names for {scores.shape[1]} columns of scores; give one a column")
    wrong = _first(~np.isfinite(scores))
    if wrong is not None:
        raise LucencyError(
            f"score of {_place(wrong, findings)} is {scores[wrong]}; "
            "the network or its input is broken: no metric is computed from it"
        )
    wrong = _first(~((targets == 0) | (targets == 1) | np.isnan(targets)))
    if wrong is not None:
        raise LabelError(
            f"target of {_place(wrong, findings)} is {targets[wrong]:g}; metrics take 1, 0, or NaN for unknown "
            "(soft targets are for training): choose a TargetPolicy without smoothing"
        )
    return scores, targets


def number_patients(groups: ArrayLike, images: int) -> tuple[IntArray, int]:
    """The number of each image's patient, and how many patients there are.

    Args:
        groups: (N,) patient ids, numbers or strings.
        images: N.

    Raises:
        TableError: there are not N ids, or one is missing.

    Example:
        >>> number_patients(["p7", "p2", "p7"], 3)
        (array([1, 0, 1]), 2)
    """
    ids = np.asarray(groups)
    if ids.shape != (images,):
        raise TableError(f"patient ids are {ids.shape} for {images} images; give one an image")
    ids = ids.astype(str)  # pandas columns mix None, NaN and NA with text
    missing = np.flatnonzero(np.isin(ids, ["", "None", "nan", "<NA>"]))
    if len(missing):
        raise TableError(f"patient id in row {missing[0]} is missing ({len(missing)} in all); fill the patient column")
    names, numbers = np.unique(ids, return_inverse=True)
    return numbers, len(names)


def check_level(level: float) -> None:
    """Raise ConfigError unless `level` can be the share of an interval.

    Example:
        >>> check_level(95)
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: level is 95; give a share between 0 and 1, such as 0.95
    """
    if not 0 < level < 1:
        raise ConfigError(f"level is {level}; give a share between 0 and 1, such as 0.95")


def finding_name(column: int, findings: Sequence[str] | None) -> str:
    """How messages call the finding of a column.

    Example:
        >>> finding_name(1, None), finding_name(1, ["edema", "mass"])
        ('finding 1', "finding 'mass'")
    """
    return f"finding {column}" if findings is None else f"finding {findings[column]!r}"


def _real(values: ArrayLike) -> RealArray:
    array = np.asarray(values)
    return array if array.dtype == np.float32 else array.astype(np.float64, copy=False)


def _first(wrong: NDArray[np.bool_]) -> tuple[Any, ...] | None:
    return tuple(np.argwhere(wrong)[0]) if wrong.any() else None


def _place(cell: tuple[Any, ...], findings: Sequence[str] | None) -> str:
    return f"{finding_name(cell[1], findings)} in row {cell[0]}"
