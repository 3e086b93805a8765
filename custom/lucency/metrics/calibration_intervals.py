"""Percentile intervals of calibration metrics from resampling patients."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .binned_finding import BinnedFinding, Binning, errors
from .bootstrap import BootstrapInterval
from .calibration import check_probabilities, summarise
from .inputs import number_patients
from .resampling import check_resampling, weight_blocks


@dataclass(frozen=True, eq=False)
class CalibrationIntervals:
    """Intervals of the calibration metrics from the same resamples."""

    brier: BootstrapInterval
    expected_calibration_error: BootstrapInterval
    log_loss: BootstrapInterval


def calibration_intervals(
    probabilities: ArrayLike,
    targets: ArrayLike,
    groups: ArrayLike,
    *,
    bins: int = 15,
    binning: Binning = "equal_mass",
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    findings: Sequence[str] | None = None,
) -> CalibrationIntervals:
    """Percentile intervals of the metrics from resampling patients, with the resamples of `bootstrap_intervals`.

    Bins are those of all images and stay. A resample adds noise of its own to each bin, so an interval of the
    calibration error lies too high and may miss its own estimate. Arguments as there and in
    `expected_calibration_error`.

    Raises:
        LucencyError, LabelError, TableError, ConfigError: as there.

    Example:
        >>> p, y = [[0.2], [0.6], [0.4], [0.9]], [[0], [1], [0], [1]]
        >>> intervals = calibration_intervals(p, y, list("aabb"), bins=2, replicates=50)
        >>> round(intervals.brier.macro, 4), [round(limit, 4) for limit in intervals.brier.macro_interval]
        (0.0925, [0.085, 0.1])
    """
    check_resampling(replicates, level)
    p, y = check_probabilities(probabilities, targets, findings)
    columns = [BinnedFinding.of(*column, bins=bins, binning=binning) for column in zip(p.T, y.T, strict=True)]
    patient_of_image, patients = number_patients(groups, len(y))
    sums = np.stack([column.sums(patient_of_image, patients) for column in columns], axis=1)  # (P, L, 3 + bins)
    blocks = []
    for weights in weight_blocks(patients, replicates, seed):
        resampled = np.tensordot(weights.T.astype(np.float64), sums, axes=1)
        blocks.append(np.stack([errors(finding) for finding in resampled.swapaxes(0, 1)], axis=2))
    samples = np.concatenate(blocks, axis=1)
    results = [summarise(columns, metric) for metric in range(3)]
    return CalibrationIntervals(
        *(BootstrapInterval(r.values, r.macro, sample, level) for r, sample in zip(results, samples, strict=True))
    )
