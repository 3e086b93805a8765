"""From a folder of radiographs to calibrated probabilities and decisions."""

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
