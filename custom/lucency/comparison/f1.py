"""F1 of every finding and of all cells, and the thresholds that maximise it on other images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..inference.operating_points.cuts import list_cuts


@dataclass(frozen=True, eq=False)
class F1Scores:
    r"""$F_1 = 2\,TP / (2\,TP + FP + FN)$ on known labels.

    Args:
        values: (L,) by finding; NaN without a positive label, whatever was called, and 0 where none was found.
        micro: of all cells together, in which findings without a positive label count with their false alarms; NaN if
            no cell is positive.

    Example:
        >>> scores = f1_scores(np.array([[0.9, 0.2], [0.4, 0.6]]), np.array([[1.0, 0.0], [1.0, np.nan]]), 0.5)
        >>> scores.values.round(3), round(scores.macro, 3), round(scores.micro, 3)
        (array([0.667,   nan]), 0.667, 0.667)
    """

    values: NDArray[np.float64]
    micro: float

    @property
    def macro(self) -> float:
        """Mean of the findings that have a value; NaN if none has."""
        defined = self.values[~np.isnan(self.values)]
        return float(defined.mean()) if len(defined) else float("nan")


def f1_scores(
    probabilities: NDArray[np.float64], targets: NDArray[np.float32], thresholds: float | NDArray[np.float64]
) -> F1Scores:
    """F1 of calling present what reaches a threshold; see `F1Scores`.

    Args:
        probabilities: (N, L).
        targets: (N, L) of 1, 0, or NaN for unknown, which counts nowhere.
        thresholds: one for all findings, or (L,).
    """
    called = probabilities >= thresholds
    hits = (called & (targets == 1)).sum(axis=0)
    wrong = (called & (targets == 0)).sum(axis=0) + (~called & (targets == 1)).sum(axis=0)
    positives = (targets == 1).sum(axis=0)
    values = np.where(positives > 0, 2 * hits / np.maximum(1, 2 * hits + wrong), np.nan)
    total = 2 * hits.sum() / (2 * hits.sum() + wrong.sum()) if positives.sum() else np.nan
    return F1Scores(values, float(total))


def best_f1_thresholds(probabilities: NDArray[np.float64], targets: NDArray[np.float32]) -> NDArray[np.float64]:
    """Threshold of each finding with the greatest F1 on these images, of equals the one with fewest alerts.

    Args:
        probabilities: (N, L).
        targets: (N, L) of 1, 0, or NaN for unknown.

    Returns:
        (L,); 0.5 for a finding without a positive label, of which these images teach nothing.

    Example:
        >>> best_f1_thresholds(np.array([[0.9], [0.4], [0.3], [0.1]]), np.array([[1.0], [0.0], [1.0], [0.0]]))
        array([0.2])
    """
    return np.array([_best_threshold(*column) for column in zip(probabilities.T, targets.T, strict=True)])


def _best_threshold(probabilities: NDArray[np.float64], targets: NDArray[np.float32]) -> float:
    known = ~np.isnan(targets)
    if not (targets[known] == 1).any():
        return 0.5
    cuts = list_cuts(probabilities[known], targets[known].astype(np.float64))
    return cuts.threshold(int(np.argmax(2 * cuts.true_positives / (cuts.alerts + cuts.positives))))
