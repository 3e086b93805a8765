"""Where a population of equal images has its optimum under a loss, found slowly from the formulas."""

from collections.abc import Callable

from scipy.optimize import bisect, minimize_scalar

from references.losses.contract import sigmoid

STEP, BOUND = 0.05, 20.0


def least(rate: float, term: Callable[[float, float | None], float]) -> float:
    """Probability where the mean term is least: of (z, 1) for a share `rate` of the images, of (z, None) for the rest.

    A grid first, so that of several minima the deepest is found.
    """

    def mean(z: float) -> float:
        return rate * term(z, 1.0) + (1 - rate) * term(z, None)

    start = min((i * STEP - BOUND for i in range(int(2 * BOUND / STEP) + 1)), key=mean)
    return sigmoid(minimize_scalar(mean, bounds=(start - STEP, start + STEP), options={"xatol": 1e-9}).x)


def balance(rate: float, positive: Callable[[float], float], unknown: Callable[[float], float]) -> float:
    """Probability where the gradients by the logit, written as functions of p, add up to 0."""
    return sigmoid(bisect(lambda z: rate * positive(sigmoid(z)) + (1 - rate) * unknown(sigmoid(z)), -BOUND, BOUND))
