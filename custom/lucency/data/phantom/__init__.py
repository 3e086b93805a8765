"""Chest radiographs drawn from anatomy, with 14 findings, complete truth and reports that leave most of it unsaid."""

from .case import PhantomCase, sample_case
from .generator import write_phantom
from .render import draw, render

__all__ = ["PhantomCase", "draw", "render", "sample_case", "write_phantom"]
