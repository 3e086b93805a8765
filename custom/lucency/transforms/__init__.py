"""From a file to the array that a network sees: radiographs upright, LUT-correct and in [0, 1]."""

from typing import TYPE_CHECKING

from ..lazy import imported_on_use
from .dicom import display_array, read_dataset
from .errors import RadiographError
from .reading import read_radiograph

if TYPE_CHECKING:
    from .batch_affine import BatchAffine
    from .batch_blur import BatchBlur
    from .batch_brightness import BatchBrightness
    from .batch_contrast import BatchContrast
    from .batch_erasing import BatchErasing
    from .batch_gamma import BatchGamma
    from .batch_noise import BatchNoise
    from .cropping import CenterSquareCrop, CenterSquareCropd
    from .on_device import display_on_device
    from .published_resize import SkimageResized, TorchvisionResized
    from .reader import RadiographReader

__all__ = [
    "BatchAffine",
    "BatchBlur",
    "BatchBrightness",
    "BatchContrast",
    "BatchErasing",
    "BatchGamma",
    "BatchNoise",
    "CenterSquareCrop",
    "CenterSquareCropd",
    "RadiographError",
    "RadiographReader",
    "SkimageResized",
    "TorchvisionResized",
    "display_array",
    "display_on_device",
    "read_dataset",
    "read_radiograph",
]

# What builds on PyTorch or MONAI is imported on first use: they take seconds to import, and files are read without
__getattr__ = imported_on_use(
    __name__,
    {
        "BatchAffine": "batch_affine",
        "BatchBlur": "batch_blur",
        "BatchBrightness": "batch_brightness",
        "BatchContrast": "batch_contrast",
        "BatchErasing": "batch_erasing",
        "BatchGamma": "batch_gamma",
        "BatchNoise": "batch_noise",
        "CenterSquareCrop": "cropping",
        "CenterSquareCropd": "cropping",
        "RadiographReader": "reader",
        "SkimageResized": "published_resize",
        "TorchvisionResized": "published_resize",
        "display_on_device": "on_device",
    },
)
