"""From a folder of radiographs to calibrated probabilities and decisions."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

_HOMES = {
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
}


def __getattr__(name: str) -> Any:
    """Import each on first use: an exported network answers without PyTorch and MONAI."""
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
