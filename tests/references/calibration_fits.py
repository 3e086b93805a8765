"""Slow calibration: a search without gradients for each map, isotonic regression and EM from their definitions."""

import math
from collections.abc import Callable, Sequence

from scipy.optimize import minimize

SMALLEST, PRIOR_DEVIATION = 1e-7, 10.0
Pairs = Sequence[tuple[float, float]]


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


def _inside(p: float) -> float:
    return min(max(p, SMALLEST), 1 - SMALLEST)


def log_odds(method: str, weights: Sequence[float], p: float) -> float:
    p = _inside(p)
    if method == "temperature":
        return weights[0] * math.log(p / (1 - p))
    if method == "platt":
        return weights[0] * math.log(p / (1 - p)) + weights[1]
    return weights[0] * math.log(p) - weights[1] * math.log(1 - p) + weights[2]


def objective(method: str, pairs: Pairs) -> Callable[[Sequence[float]], float]:
    """Log-loss of all images and what the prior adds; infinite outside the bounds."""
    slopes = {"temperature": 1, "platt": 1, "beta": 2}[method]

    def value(weights: Sequence[float]) -> float:
        if min(weights[:slopes]) < 0:
            return math.inf
        total = sum(w**2 for w in weights[:slopes]) / (2 * PRIOR_DEVIATION**2)
        for p, y in pairs:
            q = sigmoid(log_odds(method, weights, p))
            total -= math.log(max(q if y else 1 - q, 1e-300))
        return total

    return value


def least_log_loss(method: str, pairs: Pairs) -> tuple[list[float], float]:
    """Weights and objective, the best of several searches of Nelder and Mead, each begun again where it ended."""
    starts = {
        "temperature": [[1.0], [0.2]],
        "platt": [[1.0, 0.0], [0.2, -2.0]],
        "beta": [[1.0, 1.0, 0.0], [0.3, 0.01, -1]],
    }
    best = ([], math.inf)
    for start in starts[method]:
        weights = start
        for _ in range(3):
            found = minimize(
                objective(method, pairs), weights, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}
            )
            weights = list(found.x)
        if found.fun < best[1]:
            best = (weights, float(found.fun))
    return best


def isotonic(pairs: Pairs) -> dict[float, float]:
    """Least squares (and least log-loss) without a decrease: greatest over a <= i of the least over b >= i of means."""
    levels = sorted({p for p, _ in pairs})
    groups = [[y for p, y in pairs if p == level] for level in levels]
    least = 1 / (len(pairs) + 2)

    def mean(a: int, b: int) -> float:
        inside = [y for group in groups[a : b + 1] for y in group]
        return sum(inside) / len(inside)

    values = [max(min(mean(a, b) for b in range(i, len(levels))) for a in range(i + 1)) for i in range(len(levels))]
    return {level: min(max(value, least), 1 - least) for level, value in zip(levels, values, strict=True)}


def em_prevalence(calibrated: Sequence[float], fitted: float, steps: int, start: float | None = None) -> float:
    """Saerens, Latinne and Decaestecker's iteration: mean of the corrected probabilities, again and again."""
    prevalence = fitted if start is None else start
    for _ in range(steps):
        present = [q * prevalence / fitted for q in calibrated]
        absent = [(1 - q) * (1 - prevalence) / (1 - fitted) for q in calibrated]
        prevalence = sum(a / (a + b) for a, b in zip(present, absent, strict=True)) / len(calibrated)
    return prevalence
