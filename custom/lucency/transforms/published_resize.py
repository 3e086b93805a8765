"""Resizing to the last digit as the libraries do it that published networks were trained with.

MONAI's own resizing is as good, but other: a network answers differently to it, and thresholds move.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping

import numpy as np
import torch
from monai.config import KeysCollection
from monai.transforms import MapTransform
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Pixels = NDArray[np.float32]

_MID_GREY = 0.5  # TorchXRayVision resizes in [-1024, 1024] and surrounds the image with 0


class _Resized(MapTransform, ABC):  # type: ignore[misc]
    def __init__(self, keys: KeysCollection, spatial_size: int, allow_missing_keys: bool = False) -> None:
        super().__init__(keys, allow_missing_keys)
        self.spatial_size = spatial_size

    def __call__(self, data: Mapping[Hashable, torch.Tensor]) -> dict[Hashable, torch.Tensor]:
        """Resize to (1, S, S), float32."""
        resized = dict(data)
        for key in self.key_iterator(resized):
            resized[key] = torch.from_numpy(self._resize(np.asarray(resized[key], dtype=np.float32)))
        return resized

    @abstractmethod
    def _resize(self, image: Pixels) -> Pixels:
        """Resize (1, H, W) to (1, S, S)."""


class SkimageResized(_Resized):
    r"""Resize as TorchXRayVision's ``XRayResizer`` does by default, with ``skimage.transform.resize``.

    A Gaussian of $\sigma = (f - 1) / 2$ for every axis that shrinks by a factor $f$, then linear interpolation, then
    clipping to the range of the input. Outside the image it is mid-grey: there, the original counts from -1024 to 1024.

    Args:
        keys: entries to resize, each (1, H, W) in [0, 1].
        spatial_size: height and width of the result.
        allow_missing_keys: pass over keys that are not there.

    Example:
        >>> image = torch.tensor([[[0.0, 0.0, 1.0, 1.0]]]).repeat(1, 4, 1)
        >>> SkimageResized("image", spatial_size=2)({"image": image})["image"][0, 0]
        tensor([0.1027, 0.8973])
    """

    def _resize(self, image: Pixels) -> Pixels:
        shrinking = [1.0, *(side / self.spatial_size for side in image.shape[1:])]
        sigma = [max(0.0, (factor - 1) / 2) for factor in shrinking]
        smooth = ndimage.gaussian_filter(image, sigma, mode="constant", cval=_MID_GREY)
        small = ndimage.zoom(
            smooth, [1 / factor for factor in shrinking], order=1, mode="grid-constant", cval=_MID_GREY, grid_mode=True
        )
        clipped: Pixels = np.clip(small, image.min(), image.max())
        return clipped


class TorchvisionResized(_Resized):
    """Resize and crop as torchvision's ``Resize`` and ``CenterCrop`` do with an 8-bit image of Pillow.

    The shorter side becomes `shorter_side` by Pillow's anti-aliased bilinear interpolation, which rounds to 256 grey
    levels along each axis; then the centred square is cut out. CheXNet reproductions do this, with 224 or 256.

    Args:
        keys: entries to resize, each (1, H, W) in [0, 1].
        spatial_size: height and width of the result.
        shorter_side: of the image before the crop; at least `spatial_size`.
        allow_missing_keys: pass over keys that are not there.

    Example:
        >>> image = torch.tensor([[[0.0, 0.0, 1.0, 1.0, 1.0, 1.0]]]).repeat(1, 4, 1)
        >>> TorchvisionResized("image", spatial_size=2, shorter_side=2)({"image": image})["image"][0, 0] * 255
        tensor([ 36., 223.])
    """

    def __init__(
        self, keys: KeysCollection, spatial_size: int, shorter_side: int, allow_missing_keys: bool = False
    ) -> None:
        super().__init__(keys, spatial_size, allow_missing_keys)
        if shorter_side < spatial_size:
            raise ValueError(
                f"shorter_side {shorter_side} is below spatial_size {spatial_size}; nothing is left to crop"
            )
        self.shorter_side = shorter_side

    def _resize(self, image: Pixels) -> Pixels:
        levels = Image.fromarray(np.rint(image[0] * 255).astype(np.uint8))
        shorter = min(levels.size)
        width, height = (self.shorter_side * side // shorter for side in levels.size)
        square = self.spatial_size
        left, top = round((width - square) / 2), round((height - square) / 2)  # halves to even, as torchvision does
        small = levels.resize((width, height), Image.Resampling.BILINEAR)
        cut = np.asarray(small.crop((left, top, left + square, top + square)), dtype=np.float32)
        return cut[None] / np.float32(255)
