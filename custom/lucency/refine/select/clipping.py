"""Probabilities kept off 0 and 1, so that no label is infinitely surprising."""

import numpy as np

from ..entries import FloatArray

CLIP = 1e-12
"""Nearest to 0 and 1 that a probability counts; a confident contradiction costs at most -ln(1e-12) = 27.6 nats."""


def clipped(probabilities: FloatArray) -> FloatArray:
    """Probabilities in [1e-12, 1 - 1e-12]; what lies beyond is tied.

    Example:
        >>> clipped(np.array([0.0, 0.25])).tolist()
        [1e-12, 0.25]
    """
    return np.clip(probabilities, CLIP, 1 - CLIP)
