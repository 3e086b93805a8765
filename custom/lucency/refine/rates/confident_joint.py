"""Counts of confident contradictions, as confident learning counts them, for one finding."""

import numpy as np

from ..entries import FloatArray, IntArray

ROUNDING = 1e-6
"""A probability that far below its threshold reaches it: the mean of equal numbers may be rounded up."""


def confident_joint(probabilities: FloatArray, labels: FloatArray) -> IntArray:
    r"""Count given label by confident prediction.

    $C_{ij} = \#\{\tilde y = i,\; j = \arg\max_{k:\,p_k \ge t_k} p_k\}$ with $t_k$ the mean of $p_k$ over the images
    labelled k. Images that reach neither threshold are not counted.

    Northcutt, Jiang, Chuang: Confident Learning: Estimating Uncertainty in Dataset Labels, Journal of Artificial
    Intelligence Research 70, 2021 (arXiv:1911.00068).

    Args:
        probabilities: (n,) of the finding, of a model that did not train on these images.
        labels: (n,) of 1 and 0, each at least once.

    Returns:
        (2, 2) int64: rows the given label, columns the predicted one.

    Example:
        >>> confident_joint(np.array([0.1, 0.2, 0.9, 0.8, 0.3]), np.array([0.0, 0.0, 0.0, 1.0, 1.0]))
        array([[2, 1],
               [1, 1]])
    """
    given = labels == 1
    both = np.stack([1 - probabilities, probabilities], axis=1)
    thresholds = np.array([both[~given, 0].mean(), both[given, 1].mean()])
    reached = both >= thresholds - ROUNDING
    predicted = np.where(reached, both, -1).argmax(axis=1)
    counted = reached.any(axis=1)
    joint = np.zeros((2, 2), dtype=np.int64)
    np.add.at(joint, (given[counted].astype(int), predicted[counted]), 1)
    return joint


def confident_joint_rates(probabilities: FloatArray, labels: FloatArray) -> tuple[float, float]:
    """Shares of wrong labels among the given negatives and positives, from the rows of `confident_joint`.

    Far too high for the negatives of a rare finding: its positives teach the model low probabilities, the threshold
    falls with their mean, and every doubtful negative passes it.

    Args:
        probabilities: (n,).
        labels: (n,) of 1 and 0, each at least once.

    Returns:
        P(wrong | 0) and P(wrong | 1).

    Example:
        >>> confident_joint_rates(np.array([0.1, 0.2, 0.9, 0.8, 0.3]), np.array([0.0, 0.0, 0.0, 1.0, 1.0]))
        (0.3333333333333333, 0.5)
    """
    (kept, missed), (false, found) = confident_joint(probabilities, labels).tolist()
    return missed / (kept + missed), false / (false + found)  # the image above its label's mean is always counted
