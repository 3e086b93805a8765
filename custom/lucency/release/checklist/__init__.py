"""The checklist of a bundle that is fit for a model zoo, as rules that read its text and run nothing of it."""

from .finding import Finding, Level, Place
from .lint import Checklist, lint_bundle
from .page import rules_page
from .rule import Rule
from .rules import RULES

__all__ = ["RULES", "Checklist", "Finding", "Level", "Place", "Rule", "lint_bundle", "rules_page"]
