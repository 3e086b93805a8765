"""Thresholds from which on a finding is called present, chosen on a site's own scores."""

from .rule import Rule, Rules, parse_rules
from .score_file import read_scores
from .set_points import PointsSet, set_operating_points

__all__ = ["PointsSet", "Rule", "Rules", "parse_rules", "read_scores", "set_operating_points"]
