"""From a folder of radiographs to calibrated probabilities and decisions."""

from .folder import list_radiographs
from .predictions_writer import PredictionsWriter
from .site import Site
from .site_file import read_site, site_for, write_site
from .tolerant_dataset import TolerantDataset

__all__ = [
    "PredictionsWriter",
    "Site",
    "TolerantDataset",
    "list_radiographs",
    "read_site",
    "site_for",
    "write_site",
]
