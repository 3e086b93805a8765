"""Comparing losses fairly; see docs/explanation/losses-compared.md."""

from .compare import Chosen, Comparison, compare
from .differences import difference_table
from .image_array import image_array
from .loss_option import LossOption, loss_options
from .measures import measure_table
from .recipe import Recipe
from .report import write_comparison
from .study import Study, single_positive_study

__all__ = [
    "Chosen",
    "Comparison",
    "LossOption",
    "Recipe",
    "Study",
    "compare",
    "difference_table",
    "image_array",
    "loss_options",
    "measure_table",
    "single_positive_study",
    "write_comparison",
]
