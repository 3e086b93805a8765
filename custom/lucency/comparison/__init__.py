"""Comparing losses, and ways of assembling sources, on equal terms; see docs/explanation/losses-compared.md."""

from .assembled_study import AssembledStudy, assembled_study
from .compare import Chosen, Comparison, compare
from .differences import difference_table
from .image_array import image_array
from .ladder_report import write_ladder, write_neighbours
from .loss_option import LossOption, loss_options
from .measures import measure_table
from .neighbours import compare_neighbours
from .plan import Neighbours, Plan
from .recipe import Recipe
from .report import write_comparison
from .rung import NAIVE_UNION, Rung, rungs
from .strong_view import strong_view
from .study import Study, single_positive_study

__all__ = [
    "NAIVE_UNION",
    "AssembledStudy",
    "Chosen",
    "Comparison",
    "LossOption",
    "Neighbours",
    "Plan",
    "Recipe",
    "Rung",
    "Study",
    "assembled_study",
    "compare",
    "compare_neighbours",
    "difference_table",
    "image_array",
    "loss_options",
    "measure_table",
    "rungs",
    "single_positive_study",
    "strong_view",
    "write_comparison",
    "write_ladder",
    "write_neighbours",
]
