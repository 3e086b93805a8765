"""Where in an image a network finds its evidence or looks, as PNG and as DICOM Secondary Capture."""

from .attention import AttentionMaps
from .cam import EvidenceMaps
from .formulas import grad_cam, grad_cam_plus_plus, hires_cam
from .geometry import on_radiograph
from .randomisation import randomisation_check
from .secondary_capture import secondary_capture
from .writer import HeatmapWriter

__all__ = [
    "AttentionMaps",
    "EvidenceMaps",
    "HeatmapWriter",
    "grad_cam",
    "grad_cam_plus_plus",
    "hires_cam",
    "on_radiograph",
    "randomisation_check",
    "secondary_capture",
]
