"""A model card from a bundle's metadata, its evaluation report, and what only people can say."""

from .statements import start_statements
from .writer import write_model_card

__all__ = ["start_statements", "write_model_card"]
