"""Slow, obvious variances and covariances of AUROCs by their definitions; unknown labels are NaN."""

from collections.abc import Hashable, Sequence

import numpy as np


def delong_covariance(models: Sequence[Sequence[float]], targets: Sequence[float]) -> np.ndarray:
    """(models, models): sample covariances of the placements of positives and of negatives, each over their number."""
    placed = [_placements(scores, targets) for scores in models]
    positive, negative = (np.array([side[place] for side in placed]) for place in range(2))
    return np.atleast_2d(np.cov(positive) / positive.shape[1] + np.cov(negative) / negative.shape[1])


def obuchowski_covariance(
    models: Sequence[Sequence[float]], targets: Sequence[float], patients: Sequence[Hashable]
) -> np.ndarray:
    """(models, models): Obuchowski 1997, with S10, S01 and S11 summed over patients."""
    positives = [patient for patient, target in zip(patients, targets, strict=True) if target == 1]
    negatives = [patient for patient, target in zip(patients, targets, strict=True) if target == 0]
    everyone = sorted(set(positives) | set(negatives))
    placed = [_placements(scores, targets) for scores in models]
    result = np.empty((len(models), len(models)))
    for one, (v10, v01) in enumerate(placed):
        for other, (w10, w01) in enumerate(placed):
            s10 = s01 = s11 = s11_turned = 0.0
            for patient in everyone:
                a10, a01 = _deviation(v10, positives, patient), _deviation(v01, negatives, patient)
                b10, b01 = _deviation(w10, positives, patient), _deviation(w01, negatives, patient)
                s10 += a10 * b10
                s01 += a01 * b01
                s11 += a10 * b01
                s11_turned += a01 * b10
            with_positive, with_negative, all_of_them = len(set(positives)), len(set(negatives)), len(everyone)
            m, n = len(positives), len(negatives)
            s10 *= with_positive / ((with_positive - 1) * m)
            s01 *= with_negative / ((with_negative - 1) * n)
            crossed = (s11 + s11_turned) * all_of_them / (all_of_them - 1)
            result[one, other] = s10 / m + s01 / n + crossed / (m * n)
    return result


def _placements(scores: Sequence[float], targets: Sequence[float]) -> tuple[list[float], list[float]]:
    positives = [score for score, target in zip(scores, targets, strict=True) if target == 1]
    negatives = [score for score, target in zip(scores, targets, strict=True) if target == 0]
    wins = [[1.0 if x > y else 0.5 if x == y else 0.0 for y in negatives] for x in positives]
    return [sum(row) / len(row) for row in wins], [sum(column) / len(column) for column in zip(*wins, strict=True)]


def _deviation(placements: list[float], patients: list[Hashable], patient: Hashable) -> float:
    """Sum of a patient's placements less what as many images have on average."""
    mean = sum(placements) / len(placements)
    return sum(value - mean for value, owner in zip(placements, patients, strict=True) if owner == patient)
