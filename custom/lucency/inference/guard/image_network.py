"""`prepare` and `PoseNetwork` on NumPy arrays: one radiograph is judged without waking PyTorch."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

SIZE = 64
"""Pixels a side that the network sees."""
BLACK = 1 / 255
"""Up to here a pixel counts as black; resampling leaves traces beside a frame."""

Array = NDArray[np.float32]
_CONVOLUTIONS = ((0, 2), (3, 2), (6, 2), (9, 1))  # place among the features, stride
_EPSILON = 1e-5  # of batch normalisation


def seen(image: Array) -> Array:
    """Make the network's input from one image (H, W) in [0, 1], as `prepare` does: (64, 64), to the last bit."""
    return _equalised(_smoothed(_resized(_without_border(image))))


class ImageNetwork:
    """A trained `PoseNetwork`, batch normalisation folded into the convolutions before it.

    Args:
        state: names of `PoseNetwork`'s parameters and buffers to arrays.

    Raises:
        KeyError, ValueError: they are not those of a `PoseNetwork`.
    """

    def __init__(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        self._convolutions = [_folded(state, place) for place, _ in _CONVOLUTIONS]
        self._layers = [(_array(state, f"answer.{i}.weight").T, _array(state, f"answer.{i}.bias")) for i in (0, 2)]
        if self(np.zeros((SIZE, SIZE), np.float32)).shape != (17,):
            raise ValueError("not the shapes of a PoseNetwork")

    def __call__(self, image: Array) -> Array:
        """Logits (17,) of what `seen` has made of an image."""
        features = undone(image)[..., None]
        for (weights, bias), (_, stride) in zip(self._convolutions, _CONVOLUTIONS, strict=True):
            features = np.maximum(_convolved(features, weights, stride) + bias, 0)
        views, height, width, channels = features.shape
        pooled = features.reshape(views, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
        flat = pooled.transpose(0, 3, 1, 2).reshape(views, -1)
        (first, first_bias), (last, last_bias) = self._layers
        chest, inverted, other = (np.maximum(flat @ first + first_bias, 0) @ last + last_bias).T
        return np.concatenate([chest, inverted, other.mean(keepdims=True)])


def undone(image: Array) -> Array:
    """Undo every pose of one image (S, S): (8, S, S) in the order of `POSES`."""
    return np.stack(
        [
            image,
            np.rot90(image),
            np.rot90(image, 2),
            np.rot90(image, -1),
            image[:, ::-1],
            image[::-1],
            image.T,
            image.T[::-1, ::-1],
        ]
    )


def _array(state: Mapping[str, NDArray[np.generic]], name: str) -> Array:
    return np.asarray(state[name], dtype=np.float32)


def _folded(state: Mapping[str, NDArray[np.generic]], place: int) -> tuple[Array, Array]:
    """Weights (out, in, k, k) and bias (out,) of a convolution with the normalisation that follows it."""
    scale, bias, mean, variance = (
        _array(state, f"features.{place + 1}.{name}") for name in ("weight", "bias", "running_mean", "running_var")
    )
    scale = scale / np.sqrt(variance + np.float32(_EPSILON))
    return _array(state, f"features.{place}.weight") * scale[:, None, None, None], bias - mean * scale


def _convolved(images: Array, weights: Array, stride: int) -> Array:
    """Convolve (B, H, W, in), padded so that stride 1 would keep the size, by one matrix product."""
    outputs, *_, size = weights.shape
    margin = (size // 2, size // 2)
    padded = np.pad(images, ((0, 0), margin, margin, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    shape = windows.shape[:3]
    columns = windows.transpose(0, 1, 2, 4, 5, 3).reshape(np.prod(shape), -1)  # channels last: long runs to copy
    return (columns @ weights.transpose(2, 3, 1, 0).reshape(-1, outputs)).reshape(*shape, outputs)


def _without_border(image: Array) -> Array:
    bright = image > BLACK
    rows, columns = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else image


def _resized(image: Array) -> Array:
    """Average areas; summed in PyTorch's order, since ranks tell apart what differs in the last bit."""
    (top, heights), (left, widths) = (_bins(length) for length in image.shape)
    total = np.zeros((SIZE, SIZE), np.float32)
    for row in range(heights.max()):
        line = image[np.minimum(top + row, len(image) - 1)]
        for column in range(widths.max()):
            inside = (row < heights)[:, None] & (column < widths)[None]
            total += np.where(inside, line[:, np.minimum(left + column, image.shape[1] - 1)], np.float32(0))
    total /= heights[:, None].astype(np.float32)
    total /= widths.astype(np.float32)
    return total


def _bins(length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First source pixel of each of the 64, and how many it has; neighbours may share one."""
    place = np.arange(SIZE)
    first = place * length // SIZE
    return first, -(-(place + 1) * length // SIZE) - first


def _smoothed(image: Array) -> Array:
    padded = np.pad(image, 1)
    total = np.zeros_like(image)
    for row in range(3):
        for column in range(3):
            total += padded[row : row + SIZE, column : column + SIZE]
    counts = np.full(SIZE, 3, np.float32)
    counts[[0, -1]] = 2
    return total / (counts[:, None] * counts[None])


def _equalised(image: Array) -> Array:
    ordered, flat = np.sort(image, axis=None), image.ravel()
    below, up_to = np.searchsorted(ordered, flat), np.searchsorted(ordered, flat, side="right")
    return ((below + up_to).astype(np.float32) / np.float32(flat.size) - 1).reshape(image.shape)
