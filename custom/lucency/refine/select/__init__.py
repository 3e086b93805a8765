"""Which labels are most worth a second look: scores of entries, and choices under a budget."""

from .aggregate import exponential_moving_average, image_scores, top_k_mean
from .ce_minus_entropy import ce_minus_entropy
from .choose import choose
from .coreset import coreset
from .cross_entropy import cross_entropy
from .disagreement import disagreement
from .entry_scores import METHODS, EntryMethod, entry_scores
from .evidence import Evidence
from .uncertainty import uncertainty

__all__ = [
    "METHODS",
    "EntryMethod",
    "Evidence",
    "ce_minus_entropy",
    "choose",
    "coreset",
    "cross_entropy",
    "disagreement",
    "entry_scores",
    "exponential_moving_average",
    "image_scores",
    "top_k_mean",
    "uncertainty",
]
