"""Assembling sources that label different findings into one study table of partial labels."""

from .assemble import Assembly, assemble
from .conflicts import CONFLICT_COLUMNS
from .hierarchy import implied_states
from .image_hashes import image_hashes
from .summary import summarise
from .writing import input_hashes, write_assembly

__all__ = [
    "CONFLICT_COLUMNS",
    "Assembly",
    "assemble",
    "image_hashes",
    "implied_states",
    "input_hashes",
    "summarise",
    "write_assembly",
]
