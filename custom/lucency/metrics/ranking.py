"""Area under the ROC curve and average precision of every finding, on the labels that are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LucencyError
from ..files import first_few
from .inputs import FloatArray, IntArray, check_scores_and_targets, finding_name


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
    """AUROC and average precision together: scores are sorted once for both.

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
    once = np.ones((1, len(scores)), dtype=np.int32)
    areas = np.array([sort_finding(*column).areas(once)[:, 0] for column in zip(scores.T, targets.T, strict=True)])
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


@dataclass(frozen=True, eq=False)
class SortedFinding:
    """The images of one finding, best score first, with the few places where a running count is needed.

    Sorting is done once; any number of resamples is then a running sum of integer weights in this order.

    Args:
        images: (n,) rows with a known label, by falling score.
        positives: (P,) the positive ones among them, in the same order.
        tied: (K,) where each group of equal scores begins in `positives`; groups without a positive are not listed.
        above: (K,) how many of `images` score higher than the group.
        down_to: (K,) how many of `images` score higher than the group or belong to it.
    """

    images: IntArray
    positives: IntArray
    tied: IntArray
    above: IntArray
    down_to: IntArray

    def areas(self, weights: NDArray[np.int32]) -> FloatArray:
        """AUROC and average precision for each row of integer image weights.

        Args:
            weights: (R, N) how many times each image counts.

        Returns:
            (2, R) float64; NaN where the weights leave positives or negatives without any image.
        """
        if len(self.positives) in (0, len(self.images)):
            return np.full((2, len(weights)), np.nan)
        running = np.zeros((len(weights), len(self.images) + 1), dtype=np.int32)
        # `take` is two to three times faster here than an index in square brackets
        np.cumsum(weights.take(self.images, axis=1), axis=1, dtype=np.int32, out=running[:, 1:])
        above, down_to = (running.take(place, axis=1).astype(np.int64) for place in (self.above, self.down_to))
        hits = np.add.reduceat(weights.take(self.positives, axis=1), self.tied, axis=1, dtype=np.int64)
        hits_down_to = np.cumsum(hits, axis=1)
        positive = hits_down_to[:, -1]
        negative = running[:, -1] - positive
        # every positive is outscored by the negatives above it, and draws with those tied to it
        lost = (above - (hits_down_to - hits)) + (down_to - hits_down_to)
        with np.errstate(invalid="ignore", divide="ignore"):
            area = (hits * (2 * negative[:, None] - lost)).sum(axis=1) / (2 * positive * negative)
            precision = (hits * hits_down_to / np.maximum(down_to, 1)).sum(axis=1) / positive
        return np.where((positive > 0) & (negative > 0), np.stack([area, precision]), np.nan)


def sort_finding(scores: FloatArray, targets: FloatArray) -> SortedFinding:
    """Sort the known labels of one finding by falling score.

    Args:
        scores: (N,) finite.
        targets: (N,) of 1, 0, or NaN for unknown.

    Example:
        >>> column = sort_finding(np.array([0.1, 0.9, 0.4]), np.array([0.0, 1.0, np.nan]))
        >>> column.images, column.positives, column.areas(np.array([[1, 1, 1], [2, 0, 1]], dtype=np.int32))
        (array([1, 0]), array([1]), array([[ 1., nan],
               [ 1., nan]]))
    """
    known = np.flatnonzero(~np.isnan(targets))
    images = known[np.argsort(-scores[known], kind="stable")]
    sorted_scores = scores[images]
    begins = np.flatnonzero(np.r_[True, sorted_scores[1:] != sorted_scores[:-1]][: len(images)])
    ends = np.r_[begins[1:], len(images)][: len(begins)]
    places = np.flatnonzero(targets[images] == 1)
    groups, tied = np.unique(np.searchsorted(begins, places, side="right") - 1, return_index=True)
    return SortedFinding(images, images[places], tied, begins[groups], ends[groups])
