"""Sensitivity and its kin of decisions, with intervals from resampling patients."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...metrics.inputs import FloatArray, IntArray, number_patients
from ...metrics.resampling import check_resampling, weight_blocks
from ..site import Figure

FIGURES = ("sensitivity", "specificity", "ppv", "npv", "alert_rate")


def measure_figures(
    decisions: FloatArray,
    targets: FloatArray,
    patients: ArrayLike,
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> list[dict[str, Figure | None]]:
    """Measure decisions of every finding; percentile intervals from resampling patients with replacement.

    The decisions are fixed: resampling shows the chance in who was examined, not in how the threshold was chosen.
    Where a figure is exactly 0 or 1 every resample repeats it, which says nothing; the interval then is Clopper and
    Pearson's (1934), as if each patient were one image: the other bound is at ((1 - level) / 2) ** (1 / patients).

    Args:
        decisions: (N, L) 1 present, 0 absent, NaN where there is no score.
        targets: (N, L) of 1, 0, or NaN for unknown.
        patients: (N,) ids.
        replicates: number of resamples, the same as in `lucency.metrics.bootstrap_intervals`.
        seed: seed of the resamples.
        level: share of resamples inside the interval.

    Returns:
        One dictionary a finding: ``sensitivity, specificity, ppv, npv`` over images whose label is known,
        ``alert_rate`` over all with a score; ``None`` where there is no such image.

    Raises:
        TableError: a patient id is missing.
        ConfigError: `replicates` or `level` makes no sense.

    Example:
        >>> decisions, targets = np.array([[1.0], [0], [0], [1]]), np.array([[1.0], [1], [0], [np.nan]])
        >>> figures = measure_figures(decisions, targets, list("abcd"))
        >>> figures[0]["sensitivity"].value, figures[0]["alert_rate"].value, round(figures[0]["ppv"].low, 3)
        (0.5, 0.5, 0.025)
    """
    check_resampling(replicates, level)
    patient_of_image, count = number_patients(patients, len(decisions))
    hits, bases = (_by_patient(images, patient_of_image, count) for images in _hits_and_bases(decisions, targets))
    samples = np.concatenate(
        [_ratio(drawn.T @ hits, drawn.T @ bases) for drawn in weight_blocks(count, replicates, seed)]
    )  # (R, L * 5)
    values, informative = _ratio(hits.sum(axis=0), bases.sum(axis=0)), (bases > 0).sum(axis=0)
    tail = (1 - level) / 2
    figures = [_figure(*column, tail) for column in zip(values, samples.T, informative, strict=True)]
    names = len(FIGURES)
    return [dict(zip(FIGURES, figures[start : start + names], strict=True)) for start in range(0, len(figures), names)]


def _hits_and_bases(decisions: FloatArray, targets: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which images count for each figure, and which of these are hits; (N, L, 5) both."""
    present, absent = decisions == 1, decisions == 0
    positive, negative = targets == 1, targets == 0
    scored, known = present | absent, positive | negative
    bases = [positive & scored, negative & scored, present & known, absent & known, scored]
    hits = [positive & present, negative & absent, positive & present, negative & absent, present]
    return np.stack(hits, axis=2), np.stack(bases, axis=2)


def _by_patient(images: NDArray[np.bool_], patient_of_image: IntArray, patients: int) -> FloatArray:
    columns = images.reshape(len(images), -1).T
    return np.stack([np.bincount(patient_of_image, column, patients) for column in columns], axis=1)


def _ratio(hits: FloatArray, bases: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return np.asarray(hits / bases)


def _figure(value: float, samples: FloatArray, patients: int, tail: float) -> Figure | None:
    if not patients:
        return None
    if value in (0, 1):
        bound = tail ** (1 / patients)
        return Figure(value=value, low=bound if value else 0, high=1 if value else 1 - bound)
    defined = samples[~np.isnan(samples)]
    low, high = np.quantile(defined, [tail, 1 - tail]) if len(defined) else (0, 1)
    return Figure(value=value, low=low, high=high)
