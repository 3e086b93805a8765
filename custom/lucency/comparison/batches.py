"""Batches of a study: the same images in the same order for every loss."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from .study import Study


def batches_of_epoch(images: int, batch_size: int, seed: int, epoch: int) -> Iterator[NDArray[np.intp]]:
    """Places of the training images of each batch; depends on the arguments alone.

    An incomplete last batch is left out, for one image would upset batch normalisation; a study that is smaller than a
    batch is one batch.

    Example:
        >>> [sorted(batch.tolist()) for batch in batches_of_epoch(3, 8, seed=0, epoch=1)]
        [[0, 1, 2]]
        >>> len(list(batches_of_epoch(11, 4, seed=0, epoch=1)))
        2
    """
    order = np.random.default_rng([seed, epoch]).permutation(images)
    size = min(batch_size, images)
    for start in range(0, images - size + 1, size):
        yield order[start : start + size]


class Inputs:
    """Inputs of one study as a network takes them, standardised by its training images.

    Images become (B, 1, S, S) with the mean and deviation of all training pixels taken out; features (B, F) and maps
    (B, F, h, w), each feature with its own mean and deviation.

    Args:
        study: the study.
        device: where batches go.
    """

    def __init__(self, study: Study, device: str) -> None:
        self.device = device
        self.images = study.inputs.ndim == 3
        mean, deviation = study.scale
        self.mean = torch.as_tensor(mean, dtype=torch.float32, device=device)
        self.deviation = torch.as_tensor(np.maximum(deviation, 1e-6), dtype=torch.float32, device=device)
        self.values = torch.as_tensor(study.inputs, device=device)

    def batch(self, rows: NDArray[np.intp], shift: tuple[int, int] = (0, 0)) -> Tensor:
        """Rows of the study, images moved down and right by `shift` pixels; edges are repeated."""
        values = (self.values[torch.as_tensor(rows, device=self.device)].float() - self.mean) / self.deviation
        if not self.images:
            return values
        values = values[:, None].contiguous(memory_format=torch.channels_last)
        if shift == (0, 0):
            return values
        down, right = shift
        height, width = values.shape[2:]
        room = (max(right, 0), max(-right, 0), max(down, 0), max(-down, 0))
        moved = pad(values, room, mode="replicate")
        moved = moved[:, :, max(-down, 0) :, max(-right, 0) :][:, :, :height, :width]
        return moved.contiguous(memory_format=torch.channels_last)


def shifts_of_epoch(largest: int, seed: int, epoch: int) -> Iterator[tuple[int, int]]:
    """Endless random shifts of up to `largest` pixels each way; depends on the arguments alone."""
    rng = np.random.default_rng([seed, epoch, largest])
    while True:
        down, right = rng.integers(-largest, largest + 1, size=2).tolist()
        yield down, right
