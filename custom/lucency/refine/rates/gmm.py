"""Two bumps in the losses of a stratum: the labels that fit, and those that do not."""

import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from ..entries import FloatArray


def gmm_rate(losses: FloatArray, *, seed: int = 0) -> float:
    """Share of a stratum's losses that belong to the upper of two Gaussians.

    Losses are scaled to [0, 1] by their range; a label is clean where the component of lower mean has a posterior above
    one half. Settings are DivideMix's: at most 10 iterations, tolerance 1e-2, 5e-4 added to variances. It splits any
    losses in two, also those of a stratum without a wrong label: a rate to rank strata by, not to believe.

    Li, Socher, Hoi: DivideMix: Learning with Noisy Labels as Semi-supervised Learning, ICLR 2020 (arXiv:2002.07394),
    fits all classes at once; one fit a stratum is ours.

    Args:
        losses: (n,) finite, n at least 2.
        seed: of the fit's beginning.

    Returns:
        Share in [0, 1]; NaN where all losses are equal.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> round(gmm_rate(np.r_[rng.normal(0.1, 0.02, 80), rng.normal(3.0, 0.1, 20)]), 4)
        0.2
    """
    lowest, highest = losses.min(), losses.max()
    if lowest == highest:
        return float("nan")
    scaled = ((losses - lowest) / (highest - lowest)).reshape(-1, 1)
    mixture = GaussianMixture(2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ten iterations are the setting
        mixture.fit(scaled)
    clean = mixture.predict_proba(scaled)[:, mixture.means_.ravel().argmin()] > 0.5
    return float(1 - clean.mean())
