"""Points of ROC, precision-recall and reliability curves, as many as a small picture can show."""

import numpy as np
from scipy.stats import binomtest

from ...metrics.inputs import FloatArray
from .document import Bin, Curves
from .measured import Measured
from .scored_images import ScoredImages

GRID = 200  # steps of each axis; two points in one cell are one point on the page
BINS = 10
POSITIVES_PER_BIN = 5


def draw_curves(images: ScoredImages) -> tuple[Curves, ...]:
    """Curves of every finding on its known labels; empty where it has no positive or no negative."""
    columns = zip(images.findings, images.raw.T, images.probabilities.T, images.targets.T, strict=True)
    return tuple(_curves(*column) for column in columns)


def _curves(finding: str, raw: FloatArray, probabilities: FloatArray, targets: FloatArray) -> Curves:
    labelled = ~np.isnan(targets)
    bins = reliability_bins(probabilities[labelled], targets[labelled])
    if len(np.unique(targets[labelled])) < 2:
        return Curves(finding=finding, roc=(), precision_recall=(), reliability=bins)
    roc, precision_recall = threshold_curves(raw[labelled], targets[labelled])
    return Curves(finding=finding, roc=_thinned(roc), precision_recall=_thinned(precision_recall), reliability=bins)


def threshold_curves(scores: FloatArray, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(1 - specificity, sensitivity) from (0, 0) on, and (sensitivity, precision), at every distinct score.

    Args:
        scores: (N,).
        targets: (N,) 1 and 0, both present.

    Returns:
        (K + 1, 2) and (K, 2) for K distinct scores, from the highest down.

    Example:
        >>> roc, precision_recall = threshold_curves(np.array([0.9, 0.4, 0.4]), np.array([1.0, 0.0, 1.0]))
        >>> roc.tolist(), precision_recall.round(2).tolist()
        ([[0.0, 0.0], [0.0, 0.5], [1.0, 1.0]], [[0.5, 1.0], [1.0, 0.67]])
    """
    order = np.argsort(-scores, kind="stable")
    falling, labels = scores[order], targets[order]
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    found, wrong = np.cumsum(labels)[ends], np.cumsum(1 - labels)[ends]
    sensitivity = found / found[-1]
    roc = np.column_stack([wrong / wrong[-1], sensitivity])
    return np.vstack([[0.0, 0.0], roc]), np.column_stack([sensitivity, found / (found + wrong)])


def reliability_bins(probabilities: FloatArray, targets: FloatArray) -> tuple[Bin, ...]:
    """Divide images into up to ten bins of equally many; equal probabilities share one.

    There are fewer bins where positives or negatives are so few that a bin would get less than five. Wilson's 95 %
    interval of the share of positives takes every image for another patient.

    Args:
        probabilities: (N,) in [0, 1].
        targets: (N,) 1 and 0.

    Example:
        >>> bins = reliability_bins(np.array([0.1, 0.1, 0.9, 0.8]), np.array([0.0, 0.0, 1.0, 1.0]))
        >>> [(one.images, round(one.probability, 3), one.positives.value) for one in bins]
        [(4, 0.475, 0.5)]
    """
    if not len(targets):
        return ()
    rarest = min(targets.sum(), (1 - targets).sum())
    count = int(np.clip(rarest // POSITIVES_PER_BIN, 1, BINS))
    order = np.sort(probabilities)
    edges = order[[-(-step * len(order) // count) - 1 for step in range(1, count)]]
    member = np.searchsorted(np.unique(edges), probabilities)
    return tuple(_bin(probabilities[member == one], targets[member == one]) for one in np.unique(member))


def _bin(probabilities: FloatArray, targets: FloatArray) -> Bin:
    test = binomtest(int(targets.sum()), len(targets))
    interval = test.proportion_ci(method="wilson")
    share = Measured(value=float(test.statistic), low=float(interval.low), high=float(interval.high))
    return Bin(images=len(targets), probability=float(probabilities.mean()), positives=share)


def _thinned(points: FloatArray) -> tuple[tuple[float, float], ...]:
    """The first point in each run of points in one cell of the grid, and the very last."""
    cells = np.floor(points * GRID)
    keep = np.append(True, (cells[1:] != cells[:-1]).any(axis=1))
    keep[-1] = True
    return tuple((round(float(x), 5), round(float(y), 5)) for x, y in points[keep])
