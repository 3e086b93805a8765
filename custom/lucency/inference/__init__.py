"""From a folder of radiographs to calibrated probabilities and decisions."""

from typing import TYPE_CHECKING

from ..lazy import imported_on_use

if TYPE_CHECKING:
    from .backends import Backend
    from .folder import list_radiographs
    from .guard import InputGuard
    from .heatmaps import HeatmapWriter
    from .predictions_writer import PredictionsWriter
    from .site import Site
    from .site_file import read_site, site_for, write_site
    from .tolerant_dataset import TolerantDataset

__all__ = [
    "Backend",
    "HeatmapWriter",
    "InputGuard",
    "PredictionsWriter",
    "Site",
    "TolerantDataset",
    "list_radiographs",
    "read_site",
    "site_for",
    "write_site",
]

# Each is imported on first use: an exported network answers without PyTorch and MONAI
__getattr__ = imported_on_use(
    __name__,
    {
        "Backend": "backends",
        "HeatmapWriter": "heatmaps",
        "InputGuard": "guard",
        "PredictionsWriter": "predictions_writer",
        "Site": "site",
        "TolerantDataset": "tolerant_dataset",
        "list_radiographs": "folder",
        "read_site": "site_file",
        "site_for": "site_file",
        "write_site": "site_file",
    },
)
