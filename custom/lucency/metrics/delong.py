"""DeLong's variance of AUROCs: intervals of one model and the test of two, for images or patients."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .inputs import FloatArray, check_level, check_scores_and_targets, number_patients
from .placements import covariance, placed_patients
from .ranking import RankingResult


@dataclass(frozen=True, eq=False)
class DelongInterval:
    """AUROC of every finding and of their mean, with standard error and normal interval.

    Args:
        estimate: (L,) equal to `auroc(...).values`; NaN for a finding without both classes.
        standard_error: (L,) NaN there, where all images of a class are of one patient, and where so few patients leave
            Obuchowski's variance below zero.
        macro: mean of the defined findings.
        macro_standard_error: NaN where that of a defined finding is.
        level: share of such intervals that hold the truth.
    """

    estimate: FloatArray
    standard_error: FloatArray
    macro: float
    macro_standard_error: float
    level: float

    lowest: ClassVar[float] = 0.0

    @property
    def low(self) -> FloatArray:
        """(L,) lower bounds, not below the lowest possible value."""
        return np.maximum(self.estimate - self._width * self.standard_error, self.lowest)

    @property
    def high(self) -> FloatArray:
        """(L,) upper bounds, not above 1."""
        return np.minimum(self.estimate + self._width * self.standard_error, 1.0)

    @property
    def macro_interval(self) -> tuple[float, float]:
        """Lower and upper bound of the mean."""
        reach = self._width * self.macro_standard_error
        bounds = np.clip([self.macro - reach, self.macro + reach], self.lowest, 1.0)
        return float(bounds[0]), float(bounds[1])

    @property
    def _width(self) -> float:
        return NormalDist().inv_cdf((1 + self.level) / 2)


@dataclass(frozen=True, eq=False)
class DelongTest(DelongInterval):
    """AUROC(a) - AUROC(b) of two models on the same images, and the test that it is zero.

    Args:
        covariance: (L,) of the two AUROCs; the variance of the difference is the sum of theirs less twice this.
    """

    covariance: FloatArray

    lowest: ClassVar[float] = -1.0

    @property
    def z(self) -> FloatArray:
        """(L,) difference in standard errors; 0 where models rank alike, infinite where it has no error."""
        return np.array([_in_errors(*pair) for pair in zip(self.estimate, self.standard_error, strict=True)])

    @property
    def p_value(self) -> FloatArray:
        """(L,) chance of a difference as large either way between models of equal AUROC; not corrected for L tests."""
        return np.array([_two_sided(z) for z in self.z])

    @property
    def macro_p_value(self) -> float:
        """The same for the mean over the findings: one test."""
        return _two_sided(_in_errors(self.macro, self.macro_standard_error))


def delong_intervals(
    scores: ArrayLike,
    targets: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    level: float = 0.95,
    findings: Sequence[str] | None = None,
) -> DelongInterval:
    r"""AUROCs with the standard error of DeLong et al., or of Obuchowski where patients have several images.

    From the placements $V_i$ of the M positives and $W_j$ of the N negatives (see `placed_patients`), images being
    independent: $\frac{1}{M(M-1)}\sum_i (V_i - \theta)^2 + \frac{1}{N(N-1)}\sum_j (W_j - \theta)^2$. With `groups`,
    deviations are added up within each patient before they are squared, with I/(I-1) of the I patients concerned in
    place of M/(M-1), and the product of a patient's two sums joins in. The error of the mean over findings, from the
    same sums over the findings of each patient, is our addition. O(N log N) a finding.

    DeLong, DeLong, Clarke-Pearson, Biometrics 44, 1988; Obuchowski, Biometrics 53, 1997; fast form: Sun and Xu, IEEE
    Signal Processing Letters 21, 2014.

    Args:
        scores: (N, L) finite, higher means more likely.
        targets: (N, L) of 1, 0, or NaN for unknown.
        groups: (N,) patient ids, numbers or strings; None takes images as independent, which makes intervals too narrow
            where patients have several.
        level: of the intervals.
        findings: L names for error messages.

    Raises:
        LucencyError: shapes do not fit, a score is not finite, or no finding has both classes.
        LabelError: a target is not 0, 1 or NaN.
        TableError: a patient id is missing, or there are not N of them.
        ConfigError: `level` is not between 0 and 1.

    Example:
        >>> scores, targets = [[0.1], [0.4], [0.35], [0.8], [0.3]], [[0], [0], [1], [1], [0]]
        >>> result = delong_intervals(scores, targets)
        >>> round(result.macro, 4), result.standard_error.round(4), [round(limit, 4) for limit in result.macro_interval]
        (0.8333, array([0.2357]), [0.3714, 1.0])
    """
    return DelongInterval(*_measure([scores], targets, groups, level, findings)[:-1])


def delong_test(
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    targets: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    level: float = 0.95,
    findings: Sequence[str] | None = None,
) -> DelongTest:
    """Whether two models on the same images differ in AUROC, for every finding and for the mean.

    Arguments, errors and papers as in `delong_intervals`.

    Example:
        >>> targets = np.array([[0], [0], [0], [1], [1], [1]])
        >>> a, b = [[0.1], [0.2], [0.6], [0.5], [0.7], [0.9]], [[0.1], [0.6], [0.7], [0.5], [0.4], [0.9]]
        >>> result = delong_test(a, b, targets, list("aabcde"))
        >>> result.estimate.round(4), result.p_value.round(4)
        (array([0.3333]), array([0.0833]))
    """
    return DelongTest(*_measure([scores_a, scores_b], targets, groups, level, findings))


def _measure(
    models: Sequence[ArrayLike],
    targets: ArrayLike,
    groups: ArrayLike | None,
    level: float,
    findings: Sequence[str] | None,
) -> tuple[FloatArray, FloatArray, float, float, float, FloatArray]:
    """The fields of `DelongTest`, of one model or of the first less the second."""
    check_level(level)
    checked = [check_scores_and_targets(scores, targets, findings) for scores in models]
    known = checked[0][1]
    patients, count = (np.arange(len(known)), len(known)) if groups is None else number_patients(groups, len(known))
    estimates, variances, covariances = np.full((3, known.shape[1]), np.nan)
    together = np.zeros((4, count))
    for finding, labels in enumerate(known.T):
        placed = [placed_patients(scores[:, finding], labels, patients, count) for scores, _ in checked]
        (auroc, moves), (other, other_moves) = placed[0], placed[-1]
        covariances[finding] = covariance(moves, other_moves)
        if len(placed) > 1:
            auroc, moves = auroc - other, moves - other_moves
        estimates[finding], variances[finding] = auroc, covariance(moves, moves)
        if not math.isnan(auroc):
            together += moves
    ranking = RankingResult(estimates, (known == 1).sum(axis=0), (known == 0).sum(axis=0), findings)
    macro_variance = covariance(together, together) / max(ranking.defined.sum(), 1) ** 2
    variances = np.append(variances, macro_variance)
    # a clustered one is no sum of squares, because its parts are corrected for different numbers of patients
    errors = np.sqrt(np.where(variances < 0, np.nan, variances))
    return estimates, errors[:-1], ranking.macro, float(errors[-1]), level, covariances


def _in_errors(difference: float, error: float) -> float:
    if error == 0:
        return math.copysign(math.inf, difference) if difference else 0.0
    return difference / error


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))
