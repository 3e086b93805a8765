"""What calibration gains: log-loss, Brier score and calibration error before and after, with intervals."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...metrics import BootstrapInterval, calibration_intervals
from ...metrics.inputs import FloatArray
from .fit import CalibrationFit

METRICS = {"log_loss": "log_loss", "brier": "brier", "ece": "expected_calibration_error"}
VERSIONS = ("raw", "calibrated", "difference")


def measure_calibration(fit: CalibrationFit, *, replicates: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Measure the cross-fitted probabilities of a fit against the network's own.

    Args:
        fit: result of `fit_calibration`.
        replicates: resamples of patients behind the intervals.
        seed: of the resamples.

    Returns:
        One row a finding: ``finding, calibration, positives, negatives, patients``, the columns of `compare`, then
        ``prevalence, site_prevalence`` (where it was corrected) and ``reason``. A correction for prevalence has no part
        in the figures: the labels are those of the prevalence before it.

    Example:
        >>> from .fit import fit_calibration
        >>> rng = np.random.default_rng(0)
        >>> p = rng.random((400, 1))
        >>> fit = fit_calibration(p**3, rng.random(p.shape) < p, np.arange(400), ["edema"])
        >>> row = measure_calibration(fit, replicates=100).iloc[0]
        >>> bool(row.log_loss_calibrated < row.log_loss_raw), bool(row.log_loss_difference_high < 0)
        (True, True)
    """
    figures = compare(fit.raw, fit.cross_fitted, fit.targets, fit.patients, replicates=replicates, seed=seed)
    rows = []
    for finding, calibration in fit.calibrations.items():
        evidence, prior = calibration.evidence, calibration.prior
        rows.append(
            {
                "finding": finding,
                "calibration": calibration.name,
                **evidence.model_dump(),
                "prevalence": evidence.prevalence,
                "site_prevalence": prior.site if prior else np.nan,
                "reason": calibration.reason,
            }
        )
    table = pd.DataFrame(rows)
    return pd.concat([table.loc[:, :"patients"], figures, table.loc[:, "prevalence":]], axis=1)


def compare(
    raw: FloatArray, calibrated: FloatArray, targets: FloatArray, patients: ArrayLike, *, replicates: int, seed: int
) -> pd.DataFrame:
    """Measure two versions of the same probabilities, and their difference on the same resamples of patients.

    Returns:
        One row a finding: for each of log_loss, brier and ece (15 bins of equal mass) ``<metric>_raw``,
        ``<metric>_calibrated`` and ``<metric>_difference`` (calibrated - raw, so less than 0 is better), each also with
        ``_low`` and ``_high`` of its 95 % interval; NaN where no label is known.
    """
    intervals = [
        calibration_intervals(p, targets, patients, replicates=replicates, seed=seed) for p in (raw, calibrated)
    ]
    columns: dict[str, FloatArray] = {}
    for metric, attribute in METRICS.items():
        before, after = (getattr(interval, attribute) for interval in intervals)
        difference = BootstrapInterval(
            after.estimate - before.estimate, after.macro - before.macro, after.samples - before.samples, after.level
        )
        for version, interval in zip(VERSIONS, (before, after, difference), strict=True):
            name = f"{metric}_{version}"
            columns |= {name: interval.estimate, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return pd.DataFrame(columns)
