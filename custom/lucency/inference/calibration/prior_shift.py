"""Correction of calibrated probabilities for a site where a finding is more or less frequent."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from ...bundle.keys import suggestion
from ...errors import ConfigError, LucencyError
from ..site import PriorShift
from .fit import CalibrationFit


def estimate_prevalence(calibrated: ArrayLike, fitted: float) -> float:
    r"""Prevalence among unlabelled images that makes their probabilities most likely.

    With $r_i = \frac{q_i}{1 - q_i} \cdot \frac{1 - \pi}{\pi}$, how much likelier image i is of a positive than of a
    negative, the estimate has the greatest $\sum_i \ln (1 - \pi' + \pi' r_i)$. Saerens, Latinne and Decaestecker,
    Adjusting the Outputs of a Classifier to New a Priori Probabilities, Neural Computation 2002, climb there by EM; the
    function is concave, so the root of its derivative is found instead. It is right where positives look like
    positives elsewhere and negatives like negatives, and the finding's frequency alone differs: not with another
    machine or view, nor where other diseases are about.

    Args:
        calibrated: (N,) probabilities $q_i$, calibrated at the prevalence `fitted`; NaN are left out.
        fitted: $\pi$, between 0 and 1.

    Returns:
        The estimate, within $[\frac{1}{N+2}, \frac{N+1}{N+2}]$; `fitted` where all probabilities are equal to it.

    Raises:
        LucencyError: no probability at all.
        ConfigError: `fitted` is not between 0 and 1.

    Example:
        >>> round(estimate_prevalence([0.1, 0.1, 0.1, 0.9], fitted=0.5), 3)
        0.188
    """
    q = np.asarray(calibrated, dtype=np.float64)
    q = q[~np.isnan(q)]
    if not len(q):
        raise LucencyError("no probability to estimate a prevalence from; give scores of the site's images")
    if not 0 < fitted < 1:
        raise ConfigError(f"fitted prevalence is {fitted:g}; give a share between 0 and 1")
    if (q == fitted).all():
        return fitted  # every image says the same of any prevalence
    least = 1 / (len(q) + 2)

    def slope(prevalence: float) -> float:
        """(r - 1) / (1 + prevalence (r - 1)), summed; both parts multiplied by (1 - q) fitted, which may be 0."""
        return float(((q - fitted) / ((1 - q) * fitted + prevalence * (q - fitted))).sum())

    if slope(least) <= 0:
        return least
    if slope(1 - least) >= 0:
        return 1 - least
    return float(brentq(slope, least, 1 - least, xtol=1e-12))


def correct_prior(fit: CalibrationFit, prevalence: Mapping[str, float]) -> CalibrationFit:
    """Correct the calibration of some findings for the prevalence at a site.

    Args:
        fit: result of `fit_calibration`.
        prevalence: finding to the share of the site's images that have it.

    Returns:
        The fit with `PriorShift` in these findings' calibrations; its probabilities stay those of the labelled images.

    Raises:
        ConfigError: unknown finding, a share that is not between 0 and 1, or a finding with too little evidence to
            know the prevalence that it was calibrated at.

    Example:
        >>> from .fit import fit_calibration
        >>> p = np.linspace(0.01, 0.99, 200)[:, None]
        >>> fit = fit_calibration(p, p > 0.5, np.arange(200), ["edema"])
        >>> correct_prior(fit, {"edema": 0.1}).calibrations["edema"].prior
        PriorShift(fitted=0.5, site=0.1)
    """
    corrected = dict(fit.calibrations)
    for finding, share in prevalence.items():
        if finding not in corrected:
            raise ConfigError(f"prevalence of {finding!r}: no such finding{suggestion(finding, corrected)}")
        if not 0 < share < 1:
            raise ConfigError(f"prevalence of {finding!r} is {share:g}; give a share between 0 and 1, such as 0.05")
        calibration = corrected[finding]
        if finding not in fit.well_known:
            raise ConfigError(
                f"prevalence of {finding!r}: the one that it was calibrated at is not known "
                f"({calibration.reason.split(';')[0]}); leave it out or label more images"
            )
        shift = PriorShift(fitted=calibration.evidence.prevalence, site=share)
        corrected[finding] = calibration.model_copy(update={"prior": shift})
    return replace(fit, calibrations=corrected)
