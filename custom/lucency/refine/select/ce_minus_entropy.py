"""Cross entropy of label and prediction, less what is merely ambiguous."""

import numpy as np

from ..entries import FloatArray
from .clipping import clipped


def ce_minus_entropy(probabilities: FloatArray, targets: FloatArray) -> FloatArray:
    r"""Surprise less ambiguity in nats, $\mathrm{CE}(y, p) - H(p) = (p - y)\,\ln\frac{p}{1-p}$.

    Above 0 exactly where label and prediction disagree. For binary entries it falls, like the cross entropy, until the
    label's probability reaches 0.782 and rises to 0 from there: among entries that the model contradicts both rank
    alike, and beyond them this one asks for confident agreement before mild agreement. It is offered because an image's
    score adds entries up, where the two do differ. The authors' code also has a form that takes off only the entropy
    above 0.30; that one is not offered, it ranks contradictions in the same order too.

    Bernhardt et al.: Active label cleaning for improved dataset quality under resource constraints, Nature
    Communications 13:1161, 2022.

    Args:
        probabilities: float64 in [0, 1], any shape; counted as in `clipped`, so every score is finite.
        targets: same shape; 1, 0, or NaN for unknown.

    Returns:
        Same shape, NaN where the target is.

    Example:
        >>> ce_minus_entropy(np.array([0.1, 0.6, 0.1]), np.array([1, 1, np.nan])).round(4)
        array([ 1.9775, -0.1622,     nan])
    """
    p = clipped(probabilities)
    difference: FloatArray = (p - targets) * (np.log(p) - np.log1p(-p))
    return difference
