"""Calibrated probabilities from a network's: maps, their fit on labelled scores, correction for prevalence."""

from ..calibration_maps import BetaMap, CalibrationMap, IdentityMap, IsotonicMap, PlattMap, TemperatureMap
from .fit import CalibrationFit, fit_calibration
from .measures import measure_calibration
from .prior_shift import correct_prior, estimate_prevalence
from .reliability import reliability_figure

__all__ = [
    "BetaMap",
    "CalibrationFit",
    "CalibrationMap",
    "IdentityMap",
    "IsotonicMap",
    "PlattMap",
    "TemperatureMap",
    "correct_prior",
    "estimate_prevalence",
    "fit_calibration",
    "measure_calibration",
    "reliability_figure",
]
