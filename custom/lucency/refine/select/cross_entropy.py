"""Cross entropy of label and prediction."""

import numpy as np

from ..entries import FloatArray
from .clipping import clipped


def cross_entropy(probabilities: FloatArray, targets: FloatArray) -> FloatArray:
    r"""How much the label surprises the model, in nats, $-y\ln p - (1-y)\ln(1-p)$.

    Cleanlab's self-confidence, the probability of the given label, ranks alike. A rare finding's positive labels
    surprise every model: give findings a quota, or measure per finding and observed label.

    Bernhardt et al.: Active label cleaning for improved dataset quality under resource constraints, Nature
    Communications 13:1161, 2022.

    Args:
        probabilities: float64 in [0, 1], any shape; counted as in `clipped`, so every score is finite.
        targets: same shape; 1, 0, or NaN for unknown.

    Returns:
        Same shape, NaN where the target is.

    Example:
        >>> cross_entropy(np.array([0.1, 0.1, 0.1]), np.array([1, 0, np.nan])).round(4)
        array([2.3026, 0.1054,    nan])
    """
    p = clipped(probabilities)
    entropy: FloatArray = -targets * np.log(p) - (1 - targets) * np.log1p(-p)
    return entropy
