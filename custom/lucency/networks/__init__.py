"""Networks that MONAI lacks; see docs/reference/networks.md."""

from .bilinear_head import BilinearHead
from .fine_grained_densenet import FineGrainedDenseNet

__all__ = ["BilinearHead", "FineGrainedDenseNet"]
