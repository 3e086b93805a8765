"""What TorchXRayVision 1.5 does with an image: scaling, crop, scikit-image's resize, network, op_norm."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from references.densenet121 import ReferenceDenseNet121

SIZE = 224


class ReferenceTorchXRayVision(ReferenceDenseNet121):
    """Its DenseNet with a buffer of thresholds, NaN where an output was not trained; without them it gives logits."""

    def __init__(self, outputs: int = 18, op_threshs: Tensor | None = None) -> None:
        super().__init__(in_channels=1, outputs=outputs)
        self.register_buffer("op_threshs", op_threshs)

    def forward(self, x: Tensor) -> Tensor:
        logits = super().forward(x)
        return logits if self.op_threshs is None else op_norm(torch.sigmoid(logits), self.op_threshs)


def op_norm(probabilities: Tensor, thresholds: Tensor) -> Tensor:
    """Stretch both sides of each threshold to half of [0, 1], so that 0.5 is the cut; 0.5 where there is none."""
    below, above = probabilities / (2 * thresholds), 1 - (1 - probabilities) / (2 * (1 - thresholds))
    normed = torch.where(probabilities < thresholds, below, above)
    return torch.where(thresholds.isnan(), torch.full_like(normed, 0.5), normed)


def prepare(image: NDArray[np.floating]) -> Tensor:
    """(H, W) in [0, 1] to (1, 224, 224) in [-1024, 1024]."""
    scaled = (2 * image.astype(np.float64) - 1) * 1024
    height, width = image.shape
    side = min(image.shape)
    top, left = height // 2 - side // 2, width // 2 - side // 2
    square = scaled[top : top + side, left : left + side]
    weights = skimage_weights(side, SIZE)
    resized = (weights @ square @ weights.T).clip(square.min(), square.max())
    return torch.from_numpy(resized.astype(np.float32))[None]


def skimage_weights(side: int, size: int) -> NDArray[np.float64]:
    """Share (size, side) of each pixel in each one of ``skimage.transform.resize(mode="constant")``; outside is 0."""
    factor = side / size
    smooth = gaussian_weights(side, max(0.0, (factor - 1) / 2))
    weights = np.zeros((size, side))
    for row in range(size):
        place = (row + 0.5) * factor - 0.5
        before = math.floor(place)
        for pixel, share in ((before, 1 - (place - before)), (before + 1, place - before)):
            if 0 <= pixel < side:
                weights[row] += share * smooth[pixel]
    return weights


def gaussian_weights(side: int, sigma: float) -> NDArray[np.float64]:
    """Share (side, side) of each pixel in each smoothed one; the Gaussian ends at four sigma and sums to 1."""
    if sigma == 0:
        return np.eye(side)
    radius = int(4 * sigma + 0.5)
    kernel = np.array([math.exp(-0.5 * (offset / sigma) ** 2) for offset in range(-radius, radius + 1)])
    weights = np.zeros((side, side))
    for row in range(side):
        for offset, share in zip(range(-radius, radius + 1), kernel / kernel.sum(), strict=True):
            if 0 <= row + offset < side:
                weights[row, row + offset] += share
    return weights
