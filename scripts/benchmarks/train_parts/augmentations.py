"""The random transforms of the bundles, on a batch by this project and on its images one by one by MONAI."""

from collections.abc import Callable

import torch
from monai.transforms import Compose, RandAdjustContrast, RandAffine
from torch import Generator, Tensor

from lucency.transforms.batch_affine import BatchAffine
from lucency.transforms.batch_gamma import BatchGamma


def per_image(size: int) -> Compose:
    """As stock MONAI takes them."""
    shift = [0.05 * size] * 2
    affine = RandAffine(0.8, rotate_range=0.1, scale_range=[0.1, 0.1], translate_range=shift, padding_mode="zeros")
    return Compose([affine, RandAdjustContrast(prob=0.5, gamma=(0.8, 1.25))]).set_random_state(0)


def per_batch() -> list[Callable[[Tensor, Generator], Tensor]]:
    """As the bundles take them."""
    affine = BatchAffine(prob=0.8, rotate_range=0.1, scale_range=0.1, translate_range=0.05)
    return [affine, BatchGamma(prob=0.5, gamma=[0.8, 1.25])]


class Augmentations:
    """Both, on one batch of float images."""

    def __init__(self, batch: int, size: int) -> None:
        self.images = torch.rand((batch, 1, size, size), generator=Generator().manual_seed(0))
        self.monai, self.own, self.generator = per_image(size), per_batch(), Generator().manual_seed(0)

    def one_by_one(self) -> Tensor:
        """MONAI's."""
        return torch.stack([torch.as_tensor(self.monai(image)) for image in self.images])

    def at_once(self) -> Tensor:
        """This project's."""
        images = self.images
        for transform in self.own:
            images = transform(images, self.generator)
        return images
