"""Two models that see one image differently."""

import numpy as np

from ..entries import FloatArray


def disagreement(first: FloatArray, second: FloatArray) -> FloatArray:
    r"""Distance of two models' probabilities, $|p^{(1)} - p^{(2)}|$, in [0, 1]; the label plays no part.

    For the two networks of co-teaching, or two snapshots of one. A query by committee of two.

    Seung, Opper, Sompolinsky: Query by Committee, COLT 1992.

    Args:
        first: float64 in [0, 1], any shape.
        second: same shape.

    Example:
        >>> disagreement(np.array([0.25, 0.5]), np.array([0.75, 0.5]))
        array([0.5, 0. ])
    """
    return np.abs(first - second)
