"""Thresholds from which on a finding is called present, chosen on a site's own scores."""

from .rule import Rule, Rules, parse_rules
from .set_points import PointsSet, set_operating_points

__all__ = ["PointsSet", "Rule", "Rules", "parse_rules", "set_operating_points"]
