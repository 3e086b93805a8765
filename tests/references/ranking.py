"""Slow, obvious AUROC and average precision of one finding; unknown labels are NaN; weights count images."""

from collections.abc import Sequence

import numpy as np


def auroc(scores: Sequence[float], targets: Sequence[float], weights: Sequence[int] | None = None) -> float:
    """Share of (positive, negative) pairs in the right order, a tie being half right."""
    images = _repeated(scores, targets, weights)
    right = pairs = 0.0
    for score, target in images:
        for other_score, other_target in images:
            if target == 1 and other_target == 0:
                pairs += 1
                right += 1.0 if score > other_score else 0.5 if score == other_score else 0.0
    return right / pairs if pairs else np.nan


def average_precision(scores: Sequence[float], targets: Sequence[float], weights: Sequence[int] | None = None) -> float:
    """Mean over positives of the precision among all images that score at least as high."""
    images = _repeated(scores, targets, weights)
    positives = [score for score, target in images if target == 1]
    if not 0 < len(positives) < len(images):
        return np.nan
    precisions = []
    for threshold in positives:
        called = [target for score, target in images if score >= threshold]
        precisions.append(sum(called) / len(called))
    return sum(precisions) / len(precisions)


def _repeated(
    scores: Sequence[float], targets: Sequence[float], weights: Sequence[int] | None
) -> list[tuple[float, float]]:
    times = [1] * len(scores) if weights is None else weights
    return [
        (score, target)
        for score, target, count in zip(scores, targets, times, strict=True)
        if target == target
        for _ in range(count)
    ]
