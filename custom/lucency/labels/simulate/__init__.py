"""Realistic defects for labels whose truth is known: missing, uncertain and wrong ones, seeded and image by image."""

from .chain import KINDS, chain
from .confusion import confusion
from .count_matched import count_matched
from .flips import asymmetric, symmetric
from .instance_dependent import instance_dependent
from .mentions import mention_rate, uncertain
from .positives import m_positive, single_positive

__all__ = [
    "KINDS",
    "asymmetric",
    "chain",
    "confusion",
    "count_matched",
    "instance_dependent",
    "m_positive",
    "mention_rate",
    "single_positive",
    "symmetric",
    "uncertain",
]
