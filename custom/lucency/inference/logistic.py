"""The logistic function and its inverse: scipy.special's, without its import."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def expit(logits: ArrayLike) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)) in float64; small probabilities keep all their digits, and nothing overflows.

    Example:
        >>> expit([0.0, -1000.0]).tolist()
        [0.5, 0.0]
    """
    x = np.asarray(logits, dtype=np.float64)
    power = np.exp(-np.abs(x))
    return np.asarray(np.where(x < 0, power, 1) / (1 + power))


def logit(probabilities: ArrayLike) -> NDArray[np.float64]:
    """log(p / (1 - p)) in float64; minus and plus infinity for 0 and 1, NaN outside.

    Example:
        >>> logit([0.5, 0.0]).tolist()
        [0.0, -inf]
    """
    p = np.asarray(probabilities, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        # around 0.5 the quotient is near 1, and its logarithm is best taken of the distance from 1
        return np.asarray(np.where(np.abs(p - 0.5) < 0.2, np.log1p((2 * p - 1) / (1 - p)), np.log(p) - np.log1p(-p)))
