"""A model card from a bundle's metadata, its evaluation report, and what only people can say."""

from .card import STATEMENTS
from .statements import read_statements, start_statements
from .writer import write_model_card

__all__ = ["STATEMENTS", "read_statements", "start_statements", "write_model_card"]
