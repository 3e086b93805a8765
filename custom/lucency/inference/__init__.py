"""From a folder of radiographs to a table of probabilities."""

from .folder import list_radiographs
from .predictions_writer import PredictionsWriter
from .tolerant_dataset import TolerantDataset

__all__ = ["PredictionsWriter", "TolerantDataset", "list_radiographs"]
