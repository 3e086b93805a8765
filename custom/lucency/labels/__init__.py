"""What is known about a finding on an image, what the findings are called, and how a state becomes a target."""

from . import simulate
from .finding import Code, Finding
from .knowledge import IMPLIED, LABELLED, SHARE, cell_lists, labelled_cells, listed_cells
from .policies import TargetPolicy
from .states import LabelState, encode_states, is_mentioned, is_observed, parse_state
from .target_values import check_targets
from .vocabulary import CHEXPERT14, NIH14, Vocabulary, display_name, vocabulary

__all__ = [
    "CHEXPERT14",
    "IMPLIED",
    "LABELLED",
    "NIH14",
    "SHARE",
    "Code",
    "Finding",
    "LabelState",
    "TargetPolicy",
    "Vocabulary",
    "cell_lists",
    "check_targets",
    "display_name",
    "encode_states",
    "is_mentioned",
    "is_observed",
    "labelled_cells",
    "listed_cells",
    "parse_state",
    "simulate",
    "vocabulary",
]
