"""The input guard: is an image what the model was made for?"""

from .input_guard import InputGuard
from .merging import merged
from .rules import Rules, read_rules

__all__ = ["InputGuard", "Rules", "merged", "read_rules"]
