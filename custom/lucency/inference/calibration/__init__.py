"""Calibrated probabilities from a network's: maps, their fit on labelled scores, correction for prevalence."""

from typing import TYPE_CHECKING, Any

from .maps import BetaMap, CalibrationMap, IdentityMap, IsotonicMap, PlattMap, TemperatureMap

if TYPE_CHECKING:
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
_FILES = {
    "CalibrationFit": "fit",
    "fit_calibration": "fit",
    "measure_calibration": "measures",
    "correct_prior": "prior_shift",
    "estimate_prevalence": "prior_shift",
    "reliability_figure": "reliability",
}


def __getattr__(name: str) -> Any:
    """Import what fits on first use: a prediction only needs the maps, not scikit-learn and matplotlib."""
    if name in _FILES:
        from importlib import import_module

        return getattr(import_module(f".{_FILES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
