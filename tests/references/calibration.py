"""Slow, obvious calibration metrics of one finding; unknown is NaN; weights count images."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np


def brier(probabilities: Sequence[float], targets: Sequence[float], weights: Sequence[int] | None = None) -> float:
    """Mean squared distance."""
    images = _repeated(probabilities, targets, weights)
    return sum((p - y) ** 2 for p, y in images) / len(images) if images else np.nan


def log_loss(probabilities: Sequence[float], targets: Sequence[float], weights: Sequence[int] | None = None) -> float:
    """Mean of minus the logarithm of what was said of the outcome, no less than 1e-7."""
    images = _repeated(probabilities, targets, weights)
    said = [p if y == 1 else 1 - p for p, y in images]
    return sum(-math.log(min(max(p, 1e-7), 1 - 1e-7)) for p in said) / len(images) if images else np.nan


def expected_calibration_error(
    probabilities: Sequence[float],
    targets: Sequence[float],
    bins: int,
    binning: str,
    weights: Sequence[int] | None = None,
) -> float:
    """Walk over the bins, each open on the left, as the edges of all images (weights or not) define them."""
    once = [p for p, _ in _repeated(probabilities, targets, None)]
    images = _repeated(probabilities, targets, weights)
    edges = [step / bins for step in range(1, bins)]
    if binning == "equal_mass" and once:
        edges = [sorted(once)[math.ceil(Fraction(step * len(once), bins)) - 1] for step in range(1, bins)]
    total = 0.0
    for low, high in zip([-np.inf, *edges], [*edges, np.inf], strict=True):
        inside = [(p, y) for p, y in images if low < p <= high]
        if inside:
            mean_p = sum(p for p, _ in inside) / len(inside)
            mean_y = sum(y for _, y in inside) / len(inside)
            total += len(inside) / len(images) * abs(mean_p - mean_y)
    return total if images else np.nan


def _repeated(
    probabilities: Sequence[float], targets: Sequence[float], weights: Sequence[int] | None
) -> list[tuple[float, float]]:
    times = [1] * len(probabilities) if weights is None else weights
    return [
        (p, y) for p, y, count in zip(probabilities, targets, times, strict=True) if y == y for _ in range(int(count))
    ]
