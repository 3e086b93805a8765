"""Prediction by an exported network, without PyTorch and MONAI: a process that answers one radiograph in an instant."""

from .configuration import Configuration, NeedsTorchError
from .run import TorchFreeRun

__all__ = ["Configuration", "NeedsTorchError", "TorchFreeRun"]
