"""Comparing losses, assembled sources, label correlations on equal terms; see docs/explanation/losses-compared.md."""

from .assembled_study import AssembledStudy, assembled_study
from .ceiling import ceiling_table
from .compare import Chosen, Comparison, compare
from .corrected_interval import CorrectedInterval, corrected_interval
from .correlation_plan import CorrelationPlan
from .correlation_report import write_correlation_ladder
from .correlation_rung import BCE, LADDER, CorrelationRung, correlation_rungs
from .cross_validation import FoldResult, cross_validate, fold_table
from .differences import difference_table
from .feature_maps import random_projection, read_feature_maps, write_feature_maps
from .fold_differences import fold_differences
from .folds import Fold, fold_studies
from .image_array import image_array
from .ladder_report import write_ladder, write_neighbours
from .loss_option import LossOption, loss_options
from .measures import measure_table
from .neighbours import compare_neighbours
from .plan import Neighbours, Plan
from .pooled_linear import PooledLinear
from .recipe import Recipe
from .report import write_comparison
from .rung import NAIVE_UNION, Rung, rungs
from .strong_view import strong_view
from .study import Study, single_positive_study

__all__ = [
    "BCE",
    "LADDER",
    "NAIVE_UNION",
    "AssembledStudy",
    "Chosen",
    "Comparison",
    "CorrectedInterval",
    "CorrelationPlan",
    "CorrelationRung",
    "Fold",
    "FoldResult",
    "LossOption",
    "Neighbours",
    "Plan",
    "PooledLinear",
    "Recipe",
    "Rung",
    "Study",
    "assembled_study",
    "ceiling_table",
    "compare",
    "compare_neighbours",
    "corrected_interval",
    "correlation_rungs",
    "cross_validate",
    "difference_table",
    "fold_differences",
    "fold_studies",
    "fold_table",
    "image_array",
    "loss_options",
    "measure_table",
    "random_projection",
    "read_feature_maps",
    "rungs",
    "single_positive_study",
    "strong_view",
    "write_comparison",
    "write_correlation_ladder",
    "write_feature_maps",
    "write_ladder",
    "write_neighbours",
]
