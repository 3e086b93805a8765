"""MONAI's transforms of single images, given the numbers that a batch transform has drawn."""

from typing import Any

import torch
from monai.transforms import (
    AdjustContrast,
    Affine,
    GaussianSmooth,
    ScaleIntensityFixedMean,
    ShiftIntensity,
)
from torch import Tensor


def affine(image: Tensor, *, angle: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """MONAI's `Affine` of an image (C, H, W), which rotates, shifts and scales in this order."""
    parameters = {"rotate_params": angle.item(), "scale_params": scale.tolist(), "translate_params": shift.tolist()}
    return Affine(**parameters, padding_mode="zeros", image_only=True)(image)


def gamma(image: Tensor, *, gamma: Tensor) -> Tensor:
    """MONAI's `AdjustContrast`."""
    return AdjustContrast(gamma.item())(image)


def contrast(image: Tensor, *, factor: Tensor) -> Tensor:
    """MONAI's `ScaleIntensityFixedMean`."""
    return ScaleIntensityFixedMean(factor.item())(image)


def brightness(image: Tensor, *, offset: Tensor) -> Tensor:
    """MONAI's `ShiftIntensity`."""
    return ShiftIntensity(offset.item())(image)


def blur(image: Tensor, *, sigma: Tensor) -> Tensor:
    """MONAI's `GaussianSmooth`."""
    return GaussianSmooth(sigma.tolist())(image)


def erasing(image: Tensor, *, boxes: Tensor) -> Tensor:
    """The loop of MONAI's `RandCoarseDropout` over its holes."""
    image = image.clone()
    for top, left, bottom, right in boxes.tolist():
        image[:, top:bottom, left:right] = 0
    return image


def one_by_one(change: Any, images: Tensor, drawn: dict[str, Tensor]) -> Tensor:
    """A batch (B, C, H, W), every image changed by its own row of what was drawn."""
    rows = [{name: numbers[place] for name, numbers in drawn.items()} for place in range(len(images))]
    changed = [change(image, **row) for image, row in zip(images, rows, strict=True)]
    return torch.stack([torch.as_tensor(image).as_subclass(Tensor) for image in changed])
