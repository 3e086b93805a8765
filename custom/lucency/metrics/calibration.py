"""How far probabilities are from what happened: Brier score, log-loss and calibration error of every finding."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LucencyError
from .binned_finding import BinnedFinding, Binning, errors
from .inputs import FloatArray, IntArray, check_scores_and_targets, finding_name


@dataclass(frozen=True, eq=False)
class CalibrationResult:
    """One calibration metric for every finding; unlike ranking, one known label of either class defines it.

    Args:
        values: (L,) float64, 0 is best; NaN for a finding with no known label.
        n_known: (L,) images with a known label.

    Example:
        >>> result = brier_score([[0.1, 0.3], [0.8, 0.4]], [[0, np.nan], [1, np.nan]])
        >>> result.values.round(3), result.defined, round(result.macro, 3)
        (array([0.025,   nan]), array([ True, False]), 0.025)
    """

    values: FloatArray
    n_known: IntArray

    @property
    def defined(self) -> NDArray[np.bool_]:
        """(L,) bool: at least one label is known."""
        return self.n_known > 0

    @property
    def macro(self) -> float:
        """Mean over defined findings.

        Raises:
            LucencyError: no label is known at all.
        """
        if not self.defined.any():
            raise LucencyError("no label of any finding is known; evaluate on labelled images")
        return float(self.values[self.defined].mean())


def brier_score(
    probabilities: ArrayLike, targets: ArrayLike, findings: Sequence[str] | None = None
) -> CalibrationResult:
    r"""Brier score, $\frac1n \sum_i (p_i - y_i)^2$ over the known labels of a finding; 0 is best.

    Equal to `sklearn.metrics.brier_score_loss` there. It falls with better ranking as with better calibration, and its
    scale is that of the prevalence $\pi$: who always says $\pi$ gets $\pi(1-\pi)$. G. W. Brier, Monthly Weather Review
    1950.

    Args:
        probabilities: (N, L) in [0, 1].
        targets: (N, L) of 1, 0, or NaN for unknown.
        findings: L names for error messages.

    Raises:
        LucencyError: shapes do not fit, or a probability is not in [0, 1].
        LabelError: a target is not 0, 1 or NaN.

    Example:
        >>> brier_score([[0.2], [0.6], [0.9]], [[0], [1], [np.nan]]).values
        array([0.1])
    """
    p, y = check_probabilities(probabilities, targets, findings)
    return summarise([BinnedFinding.of(*column) for column in zip(p.T, y.T, strict=True)], 0)


def log_loss(probabilities: ArrayLike, targets: ArrayLike, findings: Sequence[str] | None = None) -> CalibrationResult:
    r"""Log-loss, $-\frac1n \sum_i y_i \ln p_i + (1 - y_i) \ln (1 - p_i)$ over the known labels of a finding; 0 is best.

    Equal to `sklearn.metrics.log_loss` there, but for probabilities of less than 1e-7 or more than 1 - 1e-7, which
    count as these: one certain mistake costs 16 and not infinity. What calibration minimises; unlike the Brier score it
    tells 0.01 from 0.001. Its scale is that of the prevalence too: I. J. Good, Rational Decisions, Journal of the Royal
    Statistical Society B, 1952.

    Args:
        probabilities: (N, L) in [0, 1].
        targets: (N, L) of 1, 0, or NaN for unknown.
        findings: L names for error messages.

    Raises:
        LucencyError, LabelError: as `brier_score`.

    Example:
        >>> log_loss([[0.5], [0.5], [0.9]], [[0], [1], [np.nan]]).values.round(4)
        array([0.6931])
    """
    p, y = check_probabilities(probabilities, targets, findings)
    return summarise([BinnedFinding.of(*column) for column in zip(p.T, y.T, strict=True)], 2)


def expected_calibration_error(
    probabilities: ArrayLike,
    targets: ArrayLike,
    findings: Sequence[str] | None = None,
    *,
    bins: int = 15,
    binning: Binning = "equal_mass",
) -> CalibrationResult:
    r"""Expected calibration error, $\sum_b \frac{n_b}{n} \lvert \bar y_b - \bar p_b \rvert$ over bins of probability.

    $\bar y_b$ is the share of positives and $\bar p_b$ the mean probability in bin b, on the known labels of a finding;
    0 is best. Equal probabilities share a bin. The result is never negative, so on few images even perfect
    probabilities get more than 0: compare models on the same images only. Naeini et al., AAAI 2015; bins of equal mass:
    Nixon et al., CVPR workshops 2019, arXiv 1904.01685.

    Args:
        probabilities: (N, L) in [0, 1].
        targets: (N, L) of 1, 0, or NaN for unknown.
        findings: L names for error messages.
        bins: number of bins, 1 or more; commonly 15.
        binning: `equal_mass` puts equally many images into each bin, but for ties; right for rare findings, most of
            whose probabilities are small. `equal_width` cuts [0, 1] evenly.

    Raises:
        ConfigError: `bins` or `binning` makes no sense.
        LucencyError, LabelError: as `brier_score`.

    Example:
        >>> expected_calibration_error([[0.25], [0.25], [0.75], [0.75]], [[0], [1], [1], [1]], bins=2).values
        array([0.25])
    """
    p, y = check_probabilities(probabilities, targets, findings)
    columns = zip(p.T, y.T, strict=True)
    return summarise([BinnedFinding.of(*column, bins=bins, binning=binning) for column in columns], 1)


def check_probabilities(
    probabilities: ArrayLike, targets: ArrayLike, findings: Sequence[str] | None
) -> tuple[FloatArray, FloatArray]:
    """Probabilities and targets as float64 arrays (N, L), or an error that names the finding and the row."""
    p, y = (part.astype(np.float64, copy=False) for part in check_scores_and_targets(probabilities, targets, findings))
    outside = (p < 0) | (p > 1)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise LucencyError(
            f"score of {finding_name(column, findings)} in row {row} is {p[row, column]:g}; "
            "calibration is of probabilities: apply the sigmoid to logits first"
        )
    return p, y


def summarise(columns: Sequence[BinnedFinding], metric: int) -> CalibrationResult:
    """Brier score (`metric` 0), calibration error (1) or log-loss (2) of every finding."""
    sums = [column.terms.sum(axis=0, keepdims=True) for column in columns]
    return CalibrationResult(
        np.array([errors(total)[metric, 0] for total in sums]), np.array([len(column.images) for column in columns])
    )
