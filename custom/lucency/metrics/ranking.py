"""Area under the ROC curve and average precision of every finding, on the labels that are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LucencyError
from ..files import first_few
from .inputs import FloatArray, IntArray, RealArray, check_scores_and_targets, finding_name


@dataclass(frozen=True, eq=False)
class RankingResult:
    """One metric for every finding.

    A finding is defined when both classes were observed. Others hold NaN in `values`, never enter a mean, and never
    score 0.

    Args:
        values: (L,) float64 in [0, 1], NaN where undefined.
        n_positive: (L,) images with a known positive label.
        n_negative: (L,) images with a known negative label.
        findings: names of the columns, for messages.

    Example:
        >>> result = auroc([[0.1, 0.3], [0.9, 0.4]], [[0, 0], [1, np.nan]])
        >>> result.values, result.defined, result.macro
        (array([ 1., nan]), array([ True, False]), 1.0)
    """

    values: FloatArray
    n_positive: IntArray
    n_negative: IntArray
    findings: Sequence[str] | None = None

    @property
    def defined(self) -> NDArray[np.bool_]:
        """(L,) bool: at least one positive and one negative label was observed."""
        return (self.n_positive > 0) & (self.n_negative > 0)

    @property
    def macro(self) -> float:
        """Mean over defined findings.

        Raises:
            LucencyError: no finding is defined.
        """
        if not self.defined.any():
            counts = [
                f"{finding_name(column, self.findings)} {positive}+ {negative}-"
                for column, (positive, negative) in enumerate(zip(self.n_positive, self.n_negative, strict=True))
            ]
            raise LucencyError(
                f"no finding has both a positive and a negative label ({first_few(counts)}); evaluate on more images"
            )
        return float(self.values[self.defined].mean())


def ranking_metrics(
    scores: ArrayLike, targets: ArrayLike, findings: Sequence[str] | None = None
) -> tuple[RankingResult, RankingResult]:
    """AUROC and average precision together, from the same sorted scores.

    Args:
        scores: (N, L) finite, higher means more likely: logits or probabilities, only the order counts.
        targets: (N, L) of 1, 0, or NaN for unknown.
        findings: L names for error messages.

    Returns:
        `auroc(...)` and `average_precision(...)`.

    Raises:
        LucencyError: shapes do not fit, or a score is not finite.
        LabelError: a target is not 0, 1 or NaN.

    Example:
        >>> area, precision = ranking_metrics([[0.1], [0.4], [0.35], [0.8]], [[0], [0], [1], [1]])
        >>> area.macro, round(precision.macro, 4)
        (0.75, 0.8333)
    """
    scores, targets = check_scores_and_targets(scores, targets, findings)
    areas = np.array([_areas(*column) for column in zip(scores.T, targets.T, strict=True)])
    n_positive, n_negative = (targets == 1).sum(axis=0), (targets == 0).sum(axis=0)
    return (
        RankingResult(areas[:, 0], n_positive, n_negative, findings),
        RankingResult(areas[:, 1], n_positive, n_negative, findings),
    )


def auroc(scores: ArrayLike, targets: ArrayLike, findings: Sequence[str] | None = None) -> RankingResult:
    r"""Area under the ROC curve: the chance that a positive image outscores a negative one, ties counting one half.

    $\frac{1}{PN}\sum_{i \in P}\sum_{j \in N} [s_i > s_j] + \tfrac12 [s_i = s_j]$ over the known labels of a finding.
    Equal to `sklearn.metrics.roc_auc_score` there. Arguments and errors as in `ranking_metrics`.

    Example:
        >>> auroc([[0.1], [0.4], [0.35], [0.8], [0.9]], [[0], [0], [1], [1], [np.nan]]).values
        array([0.75])
    """
    return ranking_metrics(scores, targets, findings)[0]


def average_precision(scores: ArrayLike, targets: ArrayLike, findings: Sequence[str] | None = None) -> RankingResult:
    r"""Average precision, $\sum_k (R_k - R_{k-1})\,P_k$ over the distinct thresholds from high to low.

    Equal to `sklearn.metrics.average_precision_score` on the known labels of a finding; tied scores share a threshold.
    Its baseline is the prevalence, so report it beside the counts. Arguments and errors as in `ranking_metrics`.

    Example:
        >>> average_precision([[0.1], [0.4], [0.35], [0.8]], [[0], [0], [1], [1]]).values.round(4)
        array([0.8333])
    """
    return ranking_metrics(scores, targets, findings)[1]


def _areas(scores: RealArray, targets: RealArray) -> tuple[float, float]:
    """AUROC and average precision of one finding, (N,) each; NaN where a class is missing."""
    # two sorts without an order to carry along take half the time of one that sorts images
    positives, negatives = np.sort(scores[targets == 1]), np.sort(scores[targets == 0])
    if not (len(positives) and len(negatives)):
        return np.nan, np.nan
    begins = np.flatnonzero(np.r_[True, positives[1:] != positives[:-1]])
    hits = np.diff(np.r_[begins, len(positives)])
    below, below_or_tied = (np.searchsorted(negatives, positives[begins], side) for side in ("left", "right"))
    area = (hits * (below + below_or_tied)).sum() / (2 * len(positives) * len(negatives))
    found = len(positives) - begins  # positives that score at least this much
    precision = (hits * (found / (found + (len(negatives) - below)))).sum() / len(positives)
    return float(area), float(precision)
