"""Losses for labels that are partly unknown; see docs/reference/losses.md."""

from .assume_negative import AssumeNegativeLoss
from .base import Loss
from .cell_loss import CellLoss
from .masked_bce import MaskedBCELoss, pos_weight_from_targets
from .reducers import Durand, MeanAll, MeanObserved, PerTask, Reducer, Sum
from .state import EpochAware, PredictionFed, SampleIndexed, begin_batch, begin_epoch, end_epoch
from .weak_assume_negative import WeakAssumeNegativeLoss

__all__ = [
    "AssumeNegativeLoss",
    "CellLoss",
    "Durand",
    "EpochAware",
    "Loss",
    "MaskedBCELoss",
    "MeanAll",
    "MeanObserved",
    "PerTask",
    "PredictionFed",
    "Reducer",
    "SampleIndexed",
    "Sum",
    "WeakAssumeNegativeLoss",
    "begin_batch",
    "begin_epoch",
    "end_epoch",
    "pos_weight_from_targets",
]
