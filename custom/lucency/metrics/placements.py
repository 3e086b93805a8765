"""How each image stands among the images of the other class, and what each patient adds to an AUROC by that."""

import numpy as np
from numpy.typing import NDArray

from .inputs import FloatArray, IntArray, RealArray


def placed_patients(scores: RealArray, targets: RealArray, patients: IntArray, count: int) -> tuple[float, FloatArray]:
    r"""AUROC of one finding, and how much each patient moves it.

    The placement of a positive image is the share of negatives that it outscores, that of a negative the share of
    positives that outscore it, ties counting one half; the mean of either is the AUROC $\theta$. A patient who has m of
    the M positives, with placements that add up to V, moves it by $(V - m\theta) / M$ through them, and through
    negatives likewise.

    Args:
        scores: (N,) finite.
        targets: (N,) of 1, 0, or NaN for unknown.
        patients: (N,) number of each image's patient, from 0.
        count: number of patients.

    Returns:
        The AUROC and (4, count): moves through positives and through negatives, times $\sqrt{I / (I-1)}$ of the I
        patients who have an image of the class; then both again with I the patients who have any known label. NaN where
        a class is missing; the moves also where it comes from one patient alone.

    Example:
        >>> scores, targets = np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0.0, 1.0, 1.0])
        >>> auroc, moves = placed_patients(scores, targets, np.arange(4), 4)
        >>> auroc, round(covariance(moves, moves), 4)
        (0.75, 0.125)
    """
    positives, negatives = (_by_score(scores, targets == value) for value in (1, 0))
    if not (len(positives) and len(negatives)):
        return np.nan, np.full((4, count), np.nan)
    # searching one sorted class in the other gives what Sun and Xu get from ranks in both and in each
    won = _twice_below(scores[negatives], scores[positives])
    lost = 2 * len(positives) - _twice_below(scores[positives], scores[negatives])
    auroc = float(won.sum() / (2 * len(positives) * len(negatives)))
    moves, with_class = [], []
    for images, twice, others in ((positives, won, negatives), (negatives, lost, positives)):
        moves.append(np.bincount(patients[images], (twice / (2 * len(others)) - auroc) / len(images), count))
        with_class.append(np.bincount(patients[images], minlength=count) > 0)
    own = [_correction(with_class[0]), _correction(with_class[1])]
    both = _correction(with_class[0] | with_class[1])
    return auroc, np.stack([own[0] * moves[0], own[1] * moves[1], both * moves[0], both * moves[1]])


def covariance(moves: FloatArray, others: FloatArray) -> float:
    """Of two AUROCs, or sums or differences of some, from the moves (4, count) of the same patients.

    Example:
        >>> covariance(np.array([[0.5], [0], [0.25], [0]]), np.array([[0.5], [0], [0], [0.25]]))
        0.3125
    """
    crossed = np.vdot(moves[2], others[3]) + np.vdot(moves[3], others[2])
    return float(np.vdot(moves[:2], others[:2]) + crossed)


def _by_score(scores: RealArray, chosen: NDArray[np.bool_]) -> IntArray:
    images = np.flatnonzero(chosen)
    return images[np.argsort(scores[images])]


def _twice_below(others: RealArray, scores: RealArray) -> IntArray:
    """Twice the number of `others` below each of `scores`, ties counting one half; both sorted."""
    return np.searchsorted(others, scores, "left") + np.searchsorted(others, scores, "right")


def _correction(patients: NDArray[np.bool_]) -> float:
    number = int(patients.sum())
    return float(np.sqrt(number / (number - 1))) if number > 1 else np.nan
