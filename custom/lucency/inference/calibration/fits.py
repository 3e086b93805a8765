"""The map of each method that has the least log-loss on labelled images of one finding."""

from collections.abc import Callable
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

from ...errors import LucencyError
from ..calibration_maps import SMALLEST, BetaMap, CalibrationMap, IsotonicMap, PlattMap, TemperatureMap, logits

FloatArray = NDArray[np.float64]
Method = Literal["temperature", "platt", "beta", "isotonic"]
Fit = Callable[[FloatArray, FloatArray], CalibrationMap]
HIGHEST_TEMPERATURE = 100.0  # reached where scores rank no better than chance
PRIOR_VARIANCE = 100.0


def fit_temperature(probabilities: ArrayLike, targets: ArrayLike) -> TemperatureMap:
    r"""Temperature $T$ of least log-loss of $\sigma(z / T)$, with $z$ the logit of the probability.

    One parameter for one shape of error: logits that are too large or too small. A network that says too much or too
    little of a finding everywhere, as after training with weighted positives, needs `fit_platt`.
    Guo et al., On Calibration of Modern Neural Networks, ICML 2017.

    Args:
        probabilities: (N,) in [0, 1].
        targets: (N,) of 1, 0, or NaN for unknown, which takes no part.

    Raises:
        LucencyError: not both classes among the known labels.

    Example:
        >>> p = np.array([0.1, 0.1, 0.1, 0.9, 0.9, 0.9])
        >>> fit_temperature(p, [0, 0, 1, 0, 1, 1])(np.array([0.9])).round(2)
        array([0.67])
    """
    p, y = _known(probabilities, targets)
    slopes, _ = _least_log_loss(logits(p)[:, None], y, intercept=False)
    return TemperatureMap(temperature=1 / max(slopes[0], 1 / HIGHEST_TEMPERATURE))


def fit_platt(probabilities: ArrayLike, targets: ArrayLike) -> PlattMap:
    r"""Slope $a \ge 0$ and intercept $b$ of least log-loss of $\sigma(a z + b)$.

    A normal prior on the slope, around 0 with standard deviation 10, keeps it finite where a threshold parts positives
    from negatives; elsewhere it is not noticed. Slope 0, the prevalence for everyone, is what scores that rank no
    better than chance deserve. Platt, Probabilities for SV Machines, 1999. Arguments and errors: see `fit_temperature`.

    Example:
        >>> fit_platt([0.2, 0.2, 0.2, 0.2, 0.6, 0.6], [0, 0, 0, 1, 0, 1])(np.array([0.2, 0.6])).round(2)
        array([0.25, 0.5 ])
    """
    p, y = _known(probabilities, targets)
    slopes, intercept = _least_log_loss(logits(p)[:, None], y)
    return PlattMap(slope=slopes[0], intercept=intercept)


def fit_beta(probabilities: ArrayLike, targets: ArrayLike) -> BetaMap:
    r"""Coefficients $a, b \ge 0$ and $c$ of least log-loss of $\sigma(a \ln p - b \ln(1 - p) + c)$.

    Platt's map with a slope of its own at either end; it holds the identity. The prior is that of `fit_platt`. Kull,
    Silva Filho and Flach, Beta calibration, AISTATS 2017. Arguments and errors: see `fit_temperature`.

    Example:
        >>> fit_beta([0.1, 0.1, 0.4, 0.4, 0.9, 0.9], [0, 0, 0, 1, 1, 1]).c > -3
        True
    """
    p, y = _known(probabilities, targets)
    inside = np.clip(p, SMALLEST, 1 - SMALLEST)
    (a, b), c = _least_log_loss(np.stack([np.log(inside), -np.log1p(-inside)], axis=1), y)
    return BetaMap(a=a, b=b, c=c)


def fit_isotonic(probabilities: ArrayLike, targets: ArrayLike) -> IsotonicMap:
    r"""Non-decreasing steps of least log-loss, linear between them.

    Steps are kept by their two ends. Values stay within $[\frac{1}{n+2}, \frac{n+1}{n+2}]$, Laplace's rule for n images
    of one class: a step without a positive is no proof of absence, and the log-loss stays finite on other images.
    Every step that holds both classes lies inside anyway. Zadrozny and Elkan, KDD 2002. Arguments and errors: see
    `fit_temperature`.

    Example:
        >>> fit_isotonic([0.1, 0.2, 0.3, 0.4], [0, 1, 0, 1]).y
        (0.1666..., 0.5, 0.5, 0.8333...)
    """
    p, y = _known(probabilities, targets)
    least = 1 / (len(y) + 2)
    steps = IsotonicRegression(y_min=least, y_max=1 - least).fit(p, y)
    return IsotonicMap(x=tuple(steps.X_thresholds_.tolist()), y=tuple(steps.y_thresholds_.tolist()))


# From few parameters to many.
FITS: dict[str, Fit] = {
    "temperature": fit_temperature,
    "platt": fit_platt,
    "beta": fit_beta,
    "isotonic": fit_isotonic,
}


def _known(probabilities: ArrayLike, targets: ArrayLike) -> tuple[FloatArray, FloatArray]:
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    known = ~np.isnan(y)
    p, y = p[known], y[known]
    if not (y == 1).any() or not (y == 0).any():
        raise LucencyError(
            f"{(y == 1).sum()} positive and {(y == 0).sum()} negative labels; calibration needs both classes"
        )
    return p, y


def _least_log_loss(features: FloatArray, targets: FloatArray, *, intercept: bool = True) -> tuple[list[float], float]:
    """Slopes that are not negative, and intercept: least among the optima on every face of the bounds.

    The log-loss is convex, so if no slope of the unbounded optimum is negative, it is the one; else the least of the
    smaller problems that leave features out.
    """
    count = features.shape[1]
    for size in range(count, 0, -1):
        fitted = [_unbounded(features, targets, chosen, intercept) for chosen in combinations(range(count), size)]
        feasible = [(loss, slopes, constant) for loss, slopes, constant in fitted if min(slopes) >= 0]
        if feasible:
            _, slopes, constant = min(feasible)
            return slopes, constant
    return [0.0] * count, float(logit(targets.mean())) if intercept else 0.0


def _unbounded(
    features: FloatArray, targets: FloatArray, chosen: tuple[int, ...], intercept: bool
) -> tuple[float, list[float], float]:
    """Penalised log-loss, slopes (0 where a feature is left out) and intercept of a logistic regression."""
    used = features[:, list(chosen)]
    if intercept:
        used = np.column_stack([used, np.ones(len(used))])
    inverse_variance = np.full(used.shape[1], 1 / PRIOR_VARIANCE)
    inverse_variance[len(chosen) :] = 0
    scale = 1 / min(targets.sum(), len(targets) - targets.sum())  # what a rare finding weighs decides when to stop

    def loss_and_gradient(weights: FloatArray) -> tuple[float, FloatArray]:
        log_odds = used @ weights
        loss = (np.logaddexp(0, log_odds) - targets * log_odds).sum() + (inverse_variance * weights**2).sum() / 2
        gradient = (expit(log_odds) - targets) @ used + inverse_variance * weights
        return scale * loss, scale * gradient

    def curvature(weights: FloatArray) -> FloatArray:
        p = expit(used @ weights)
        return np.asarray(scale * ((used.T * (p * (1 - p))) @ used + np.diag(inverse_variance)))

    start = np.ones(used.shape[1])
    start[len(chosen) :] = 0  # nothing is calibrated
    found = minimize(loss_and_gradient, start, method="trust-exact", jac=True, hess=curvature, options={"gtol": 1e-7})
    slopes = dict(zip(chosen, found.x.tolist()[: len(chosen)], strict=True))
    everywhere = [slopes.get(feature, 0.0) for feature in range(features.shape[1])]
    return float(found.fun), everywhere, float(found.x[-1]) if intercept else 0.0
