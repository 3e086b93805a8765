"""Averaging areas: how much of each source pixel lies in each pixel of a smaller image."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class AreaWeights(NamedTuple):
    """The weights along one axis: output i is the sum over k of ``weights[i, k] * source[starts[i] + k]``.

    Attributes:
        starts: (m,) int64, first source pixel of each output pixel.
        counts: (m,) int64, how many it has.
        weights: (m, K) float32; zero from `counts` on.
    """

    starts: NDArray[np.int64]
    counts: NDArray[np.int64]
    weights: NDArray[np.float32]


@lru_cache(maxsize=64)
def area_weights(count: int, size: int, start: float = 0.0, stop: float | None = None) -> AreaWeights:
    """Divide the stretch from `start` to `stop` into `size` equal output pixels, and say what each is made of.

    Source pixel k covers [k, k + 1]. The first and the last reach on for ever, so a stretch may begin before 0 or end
    after `count`. An output pixel smaller than a source pixel takes the value of that it lies in.

    Args:
        count: source pixels along the axis.
        size: output pixels along the axis.
        start: where the first output pixel begins, in source pixels.
        stop: where the last one ends; `count` by default.

    Returns:
        The weights; those of one output pixel sum to 1.

    Example:
        >>> area_weights(3, 2).weights
        array([[0.6666667 , 0.33333334],
               [0.33333334, 0.6666667 ]], dtype=float32)
    """
    edges = np.linspace(start, count if stop is None else stop, size + 1)
    left, right = edges[:-1], edges[1:]
    first = np.clip(np.floor(left), 0, count - 1)
    last = np.clip(np.ceil(right) - 1, first, count - 1)
    pixels = first[:, None] + np.arange(int((last - first).max()) + 1)
    begins = np.where(pixels <= 0, -np.inf, pixels)
    ends = np.where(pixels >= count - 1, np.inf, pixels + 1)
    overlap = np.minimum(ends, right[:, None]) - np.maximum(begins, left[:, None])
    overlap[(overlap < 0) | (pixels > last[:, None])] = 0
    weights = (overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)
    result = AreaWeights(first.astype(np.int64), (last - first).astype(np.int64) + 1, weights)
    for array in result:
        array.setflags(write=False)  # it is handed to everyone who asks for it
    return result
