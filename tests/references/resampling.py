"""Slow, obvious percentile intervals from drawing patients, each with all images; ranks by SciPy."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import norm, rankdata

Measure = Callable[[list[int]], float]


def drawn_images(patients: Sequence[str], seed: int, replicate: int) -> list[int]:
    """Rows of a resample: a patient drawn twice has all rows twice."""
    rows: dict[str, list[int]] = {}
    for row, patient in enumerate(patients):
        rows.setdefault(str(patient), []).append(row)
    names = sorted(rows)
    drawn = np.random.default_rng([seed, replicate]).integers(len(names), size=len(names))
    return [row for number in drawn for row in rows[names[number]]]


def interval(measure: Measure, patients: Sequence[str], replicates: int, seed: int) -> tuple[float, float]:
    """2.5 and 97.5 % of a measure of rows over the resamples in which it is defined."""
    values = [measure(drawn_images(patients, seed, replicate)) for replicate in range(replicates)]
    low, high = np.quantile([value for value in values if value == value], [0.025, 0.975])
    return float(low), float(high)


def auroc(scores: np.ndarray, targets: np.ndarray) -> float:
    """Mann-Whitney's U from mid-ranks over the number of pairs; unknown labels are NaN."""
    known = ~np.isnan(targets)
    ranks, positive = rankdata(scores[known]), targets[known] == 1
    m, n = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - m * (m + 1) / 2) / (m * n)) if m and n else float("nan")


def clustered_delong(
    a: np.ndarray, b: np.ndarray, targets: np.ndarray, patients: Sequence[str]
) -> tuple[float, float, float]:
    """Difference of two AUROCs, its standard error for patients with several images, and the two-sided p-value."""
    positive = targets == 1
    m, n = int(positive.sum()), int((~positive).sum())
    moves = np.zeros(len(targets))
    for sign, scores in ((1, a), (-1, b)):
        everyone = rankdata(scores)
        moves[positive] += sign * (everyone[positive] - rankdata(scores[positive])) / n
        moves[~positive] += sign * (1 - (everyone[~positive] - rankdata(scores[~positive])) / m)
    difference = float(moves[positive].mean())
    sums: dict[str, list[float]] = {}
    for patient, one, move in zip(patients, positive, moves, strict=True):
        pair = sums.setdefault(str(patient), [0.0, 0.0])
        pair[0 if one else 1] += move - difference
    with_positive = len({str(p) for p, one in zip(patients, positive, strict=True) if one})
    with_negative = len({str(p) for p, one in zip(patients, positive, strict=True) if not one})
    s10 = sum(x * x for x, _ in sums.values()) * with_positive / (with_positive - 1) / m**2
    s01 = sum(y * y for _, y in sums.values()) * with_negative / (with_negative - 1) / n**2
    s11 = sum(x * y for x, y in sums.values()) * len(sums) / (len(sums) - 1) / (m * n)
    error = float(np.sqrt(s10 + s01 + 2 * s11))
    return difference, error, float(2 * norm.sf(abs(difference / error)))
