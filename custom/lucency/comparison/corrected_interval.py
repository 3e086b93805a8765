"""Interval of a mean over folds, which share most of their training images and so are not independent."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import ConfigError


class CorrectedInterval(NamedTuple):
    """Mean of the differences, and its interval."""

    mean: float
    low: float
    high: float


def corrected_interval(differences: Sequence[float], test_to_train: float, *, level: float = 0.95) -> CorrectedInterval:
    r"""Corrected resampled t interval of paired differences over folds and repeats.

    $\bar d \pm t_{J-1}\,\sqrt{\left(\tfrac{1}{J} + \tfrac{n_\text{test}}{n_\text{train}}\right) s^2}$ with the mean
    $\bar d$ and the variance $s^2$ of the $J$ differences. A plain t interval has $\tfrac1J$ alone, as if every fold
    had training images of its own, and would shrink to nothing with more repeats of the same images. The correction
    takes differences of two folds to be correlated by $n_\text{test} / (n_\text{test} + n_\text{train})$, a guess for
    which no unbiased estimate exists.

    Nadeau, Bengio: Inference for the Generalization Error, Machine Learning 52, 2003; for repeated cross-validation
    Bouckaert, Frank: Evaluating the Replicability of Significance Tests for Comparing Learning Algorithms, PAKDD 2004.

    Args:
        differences: one a fold and repeat, of two networks on the same fold; two or more, finite.
        test_to_train: images of a fold's test part by those of its training part.
        level: of the interval.

    Raises:
        ConfigError: fewer than two differences, one that is not finite, or a ratio or level that makes no sense.

    Example:
        >>> interval = corrected_interval([0.01, 0.03, 0.02, 0.02], 0.25)
        >>> [round(number, 4) for number in interval]
        [0.02, 0.0016, 0.0384]
    """
    from scipy.stats import t  # takes a second to import

    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ConfigError("an interval over folds needs two or more finite differences; run more folds")
    if not 0 <= test_to_train < np.inf or not 0 < level < 1:
        raise ConfigError(f"an interval over folds: test_to_train {test_to_train} or level {level} makes no sense")
    spread = np.sqrt((1 / len(values) + test_to_train) * values.var(ddof=1))
    half = float(t.ppf((1 + level) / 2, len(values) - 1) * spread)
    mean = float(values.mean())
    return CorrectedInterval(mean, mean - half, mean + half)
