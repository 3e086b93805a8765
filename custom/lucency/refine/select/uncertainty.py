"""Entropy of the prediction."""

import numpy as np

from ..entries import FloatArray
from .clipping import clipped


def uncertainty(probabilities: FloatArray) -> FloatArray:
    r"""Entropy of the prediction in nats, $H(p) = -p\ln p - (1-p)\ln(1-p)$; the label plays no part.

    Least confidence and margin fall with $|p - \tfrac12|$ as the entropy does, so for binary entries all three rank
    alike and one is offered. A confident contradiction has no entropy: to clean labels, `cross_entropy` is better.

    Settles: Active Learning Literature Survey, University of Wisconsin-Madison, Computer Sciences Technical Report
    1648, 2009.

    Args:
        probabilities: float64 in [0, 1], any shape; counted as in `clipped`.

    Example:
        >>> uncertainty(np.array([0.0, 0.1, 0.5])).round(4)
        array([0.    , 0.3251, 0.6931])
    """
    p = clipped(probabilities)
    entropy: FloatArray = -p * np.log(p) - (1 - p) * np.log1p(-p)
    return entropy
