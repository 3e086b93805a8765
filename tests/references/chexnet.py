"""What CheXNet reproductions do with an image: Pillow's resize in 8 bits, crop, ImageNet's normalisation, network."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from references.densenet121 import ReferenceDenseNet121

SIZE = 224
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
LABELS = (
    "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax",
    "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia",
)  # fmt: skip


class ReferenceCheXNet(nn.Module):
    """The wrapper of the oldest reproductions: three channels in, probabilities out."""

    def __init__(self, outputs: int = 14) -> None:
        super().__init__()
        self.densenet121 = ReferenceDenseNet121(in_channels=3, outputs=outputs)
        self.densenet121.classifier = nn.Sequential(self.densenet121.classifier, nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return self.densenet121(x)


def prepare(image: NDArray[np.floating], shorter_side: int = SIZE) -> Tensor:
    """(H, W) in [0, 1] to (3, 224, 224), normalised."""
    levels = np.rint(image.astype(np.float64) * 255).astype(np.int64)
    height, width = (int(shorter_side * side / min(image.shape)) for side in image.shape)
    resized = pillow_pass(pillow_pass(levels.T, width).T, height)  # along the rows first
    top, left = (round((side - SIZE) / 2.0) for side in resized.shape)
    square = resized[top : top + SIZE, left : left + SIZE] / 255
    channels = [(square - mean) / deviation for mean, deviation in zip(MEAN, DEVIATION, strict=True)]
    return torch.from_numpy(np.stack(channels).astype(np.float32))


def pillow_pass(levels: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Resize the first axis as Pillow does with 8 bits: a triangle, its weights rounded to 22 bits, its result to 8."""
    if len(levels) == size:
        return levels
    factor = len(levels) / size
    width = max(1.0, factor)
    rows = []
    for row in range(size):
        centre = (row + 0.5) * factor
        first, last = max(0, int(centre - width + 0.5)), min(len(levels), int(centre + width + 0.5))
        shares = [max(0.0, 1 - abs(pixel - centre + 0.5) / width) for pixel in range(first, last)]
        weights = [math.floor(0.5 + share / sum(shares) * 2**22) for share in shares]
        total = sum(weight * levels[pixel] for pixel, weight in zip(range(first, last), weights, strict=True))
        rows.append(np.clip((total + 2**21) >> 22, 0, 255))
    return np.stack(rows)
