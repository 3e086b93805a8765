"""Images that cover the others."""

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import ConfigError, LucencyError
from ..entries import IntArray


def coreset(
    features: ArrayLike, *, budget: int, read: ArrayLike | None = None, eligible: ArrayLike | None = None
) -> IntArray:
    r"""Greedy k-centre: again and again the image farthest from all that were read or chosen.

    $\arg\max_i \min_{j \in S} \lVert h_i - h_j \rVert_2$. The largest distance of any eligible image to its nearest
    centre is at most twice the least that any choice of that many images reaches. Labels play no part.

    Sener, Savarese: Active Learning for Convolutional Neural Networks: A Core-Set Approach, ICLR 2018
    (arXiv:1708.00489). Where nothing was read yet, we begin with the image nearest to the mean.

    Args:
        features: (N, D) finite, such as a network's penultimate activations; distances are float32, and each choice
            costs one product of all features with one, N D.
        budget: how many images; where fewer are eligible, all are taken and a warning says so.
        read: (N,) bool, images already read: centres, never chosen.
        eligible: (N,) bool, images that may be chosen; None for all.

    Returns:
        int64 (k,) rows in the order of choice; of equal distances the first row.

    Raises:
        ConfigError: budget is no whole number of 1 or more.
        LucencyError: shapes differ, or a feature is not finite.

    Example:
        >>> coreset([[0.0], [1.0], [5.0], [9.0]], budget=2, read=[True, False, False, False])
        array([3, 2])
    """
    if isinstance(budget, bool) or budget < 1 or not float(budget).is_integer():
        raise ConfigError(f"budget cannot be {budget!r}; give a whole number of 1 or more")
    points = np.asarray(features, dtype=np.float32)
    if points.ndim != 2 or points.size == 0:
        raise LucencyError(f"features are {points.shape}; give (images, dimensions) with at least one of each")
    if not np.isfinite(points).all():
        row = np.argwhere(~np.isfinite(points))[0][0]
        raise LucencyError(f"features of row {row} are not finite; the network or its input is broken")
    centres = _mask("read", read, len(points), default=False)
    free = _mask("eligible", eligible, len(points), default=True) & ~centres
    if budget > free.sum():
        warnings.warn(f"budget of {budget} images, but only {free.sum()} may be asked; all are taken", stacklevel=2)
    points = points - points.mean(axis=0)  # less cancellation in the distances below
    squares = np.einsum("nd,nd->n", points, points)
    nearest = np.full(len(points), np.inf, dtype=np.float32)
    for row in np.flatnonzero(centres):
        np.minimum(nearest, squares - 2 * (points @ points[row]) + squares[row], out=nearest)
    chosen: list[int] = []
    while len(chosen) < budget and free.any():
        if chosen or centres.any():
            row = int(np.argmax(np.where(free, nearest, -np.inf)))
        else:
            row = int(np.argmin(np.where(free, squares, np.inf)))
        chosen.append(row)
        free[row] = False
        np.minimum(nearest, squares - 2 * (points @ points[row]) + squares[row], out=nearest)
    return np.array(chosen, dtype=np.int64)


def _mask(name: str, mask: ArrayLike | None, images: int, *, default: bool) -> NDArray[np.bool_]:
    if mask is None:
        return np.full(images, default)
    array = np.array(mask)
    if array.shape != (images,) or array.dtype != bool:
        raise LucencyError(f"{name} is {array.dtype} {array.shape} for {images} images; give one bool an image")
    return array
