"""Networks that MONAI lacks; see docs/reference/networks.md."""

from .append_findings import append_findings
from .bilinear_head import BilinearHead
from .class_query import ClassQueryHead
from .class_query_densenet import ClassQueryDenseNet
from .fine_grained_densenet import FineGrainedDenseNet
from .label_correlation import LabelCorrelationHead
from .label_correlation_densenet import LabelCorrelationDenseNet
from .label_correlation_net import LabelCorrelationNet
from .training_parts import without_training_parts
from .twin_networks import TwinNetworks

__all__ = [
    "BilinearHead",
    "ClassQueryDenseNet",
    "ClassQueryHead",
    "FineGrainedDenseNet",
    "LabelCorrelationDenseNet",
    "LabelCorrelationHead",
    "LabelCorrelationNet",
    "TwinNetworks",
    "append_findings",
    "without_training_parts",
]
