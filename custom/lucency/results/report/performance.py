"""How well probabilities rank and how far they mean what they say, with intervals from resampling patients."""

import math

from ...metrics import BootstrapInterval, bootstrap_intervals, calibration_intervals
from ...metrics.inputs import FloatArray
from .document import Figures
from .measured import Measured
from .scored_images import ScoredImages

AVERAGE = "average"


def measure_performance(images: ScoredImages, *, replicates: int, seed: int) -> tuple[tuple[Figures, ...], Figures]:
    """Measure every finding, and the average over those that are defined.

    AUROC and average precision are of the network's probabilities; Brier score, expected calibration error (15 bins of
    equal mass) and log-loss are of the calibrated ones where there are such.

    Returns:
        One entry a finding, and their average.

    Raises:
        LucencyError: no finding has both a positive and a negative label.
    """
    known = images.targets, images.patients
    ranking = bootstrap_intervals(images.raw, *known, findings=images.findings, replicates=replicates, seed=seed)
    errors = calibration_intervals(
        images.probabilities, *known, findings=images.findings, replicates=replicates, seed=seed
    )
    intervals = {
        "auroc": ranking.auroc,
        "average_precision": ranking.average_precision,
        "brier": errors.brier,
        "calibration_error": errors.expected_calibration_error,
        "log_loss": errors.log_loss,
    }
    columns = {name: measured(interval) for name, interval in intervals.items()}
    figures = tuple(
        Figures(finding=finding, **{name: column[place] for name, column in columns.items()})
        for place, finding in enumerate(images.findings)
    )
    average = {name: mean_of(interval) for name, interval in intervals.items()}
    return figures, Figures(finding=AVERAGE, **average)


def measured(interval: BootstrapInterval) -> list[Measured]:
    """The estimate and interval of every finding; an interval only where there is an estimate."""
    bounds: list[FloatArray] = [interval.estimate, interval.low, interval.high]
    return [
        Measured() if math.isnan(value) else Measured.of(value, low, high)
        for value, low, high in zip(*(bound.tolist() for bound in bounds), strict=True)
    ]


def mean_of(interval: BootstrapInterval) -> Measured:
    """The mean over findings with its interval."""
    return Measured.of(interval.macro, *interval.macro_interval)
