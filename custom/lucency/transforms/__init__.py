"""From a file to the array that a network sees: radiographs upright, LUT-correct and in [0, 1]."""

from .cropping import CenterSquareCrop, CenterSquareCropd
from .dicom import display_array, read_dataset
from .errors import RadiographError
from .published_resize import SkimageResized, TorchvisionResized
from .reader import RadiographReader, read_radiograph

__all__ = [
    "CenterSquareCrop",
    "CenterSquareCropd",
    "RadiographError",
    "RadiographReader",
    "SkimageResized",
    "TorchvisionResized",
    "display_array",
    "read_dataset",
    "read_radiograph",
]
