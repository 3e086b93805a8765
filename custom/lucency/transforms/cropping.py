"""Cutting the largest centred square out of an image."""

import torch
from monai.config import KeysCollection
from monai.data import MetaTensor
from monai.transforms import Crop
from monai.transforms.croppad.dictionary import Cropd


class CenterSquareCrop(Crop):  # type: ignore[misc]
    """Crop the centred square whose side is the shortest spatial size.

    The alternative to padding when a network wants square input: nothing is squeezed, the long sides lose their ends.

    Args:
        lazy: whether to record the crop for MONAI's lazy resampling.

    Example:
        >>> CenterSquareCrop()(torch.arange(5.0)[None, None].repeat(1, 3, 1))[0, 0].tolist()
        [1.0, 2.0, 3.0]
    """

    def __call__(self, img: torch.Tensor, lazy: bool | None = None) -> torch.Tensor:
        """Crop (C, H, W) to (C, S, S) with S = min(H, W); any number of spatial axes, any dtype."""
        size = img.peek_pending_shape() if isinstance(img, MetaTensor) else img.shape[1:]
        side = min(size)
        slices = self.compute_slices(roi_center=[n // 2 for n in size], roi_size=[side] * len(size))
        cropped: torch.Tensor = super().__call__(img=img, slices=slices, lazy=self.lazy if lazy is None else lazy)
        return cropped


class CenterSquareCropd(Cropd):  # type: ignore[misc]
    """Apply `CenterSquareCrop` to entries of a dictionary; invertible.

    Args:
        keys: entries to crop, each (C, H, W).
        allow_missing_keys: pass over keys that are not there.
        lazy: whether to record the crop for MONAI's lazy resampling.

    Example:
        >>> CenterSquareCropd("image")({"image": torch.zeros(1, 40, 30)})["image"].shape
        torch.Size([1, 30, 30])
    """

    def __init__(self, keys: KeysCollection, allow_missing_keys: bool = False, lazy: bool = False) -> None:
        super().__init__(keys, CenterSquareCrop(lazy=lazy), allow_missing_keys, lazy)
