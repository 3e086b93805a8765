"""Losses for labels that are partly unknown; see docs/reference/losses.md."""

from .assume_negative import AssumeNegativeLoss
from .base import Loss
from .masked_bce import MaskedBCELoss, pos_weight_from_targets
from .reducers import Durand, MeanAll, MeanObserved, PerTask, Reducer, Sum
from .weak_assume_negative import WeakAssumeNegativeLoss

__all__ = [
    "AssumeNegativeLoss",
    "Durand",
    "Loss",
    "MaskedBCELoss",
    "MeanAll",
    "MeanObserved",
    "PerTask",
    "Reducer",
    "Sum",
    "WeakAssumeNegativeLoss",
    "pos_weight_from_targets",
]
