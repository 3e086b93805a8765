"""Percentile intervals of ranking metrics from resampling patients, for one model or the difference of two."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .inputs import FloatArray, IntArray, check_scores_and_targets, number_patients
from .ranking import RankingResult, ranking_metrics
from .resampling import check_resampling, weight_blocks
from .sorted_finding import SortedFinding


@dataclass(frozen=True, eq=False)
class BootstrapInterval:
    """Estimate and percentile interval of one metric, for every finding and for their mean.

    A resample can leave a finding without positives or negatives. It is then left out of that finding's interval
    and of that resample's mean, and counted in `undefined`.

    Args:
        estimate: (L,) on all images; NaN for a finding that is not defined there.
        macro: mean of the defined findings.
        samples: (R, L) one row a resample; NaN where the finding is not defined in it.
        level: share of resamples between `low` and `high`.
    """

    estimate: FloatArray
    macro: float
    samples: FloatArray
    level: float

    @property
    def low(self) -> FloatArray:
        """(L,) lower bounds; NaN for a finding that is never defined."""
        return self._quantile((1 - self.level) / 2)

    @property
    def high(self) -> FloatArray:
        """(L,) upper bounds; NaN for a finding that is never defined."""
        return self._quantile((1 + self.level) / 2)

    @property
    def undefined(self) -> IntArray:
        """(L,) resamples without both classes, left out of the finding's interval."""
        return np.asarray(np.isnan(self.samples).sum(axis=0))

    @property
    def macro_samples(self) -> FloatArray:
        """Mean over the findings defined in each resample that has any; (R,) or fewer."""
        some = self.samples[~np.isnan(self.samples).all(axis=1)]
        return np.asarray(np.nanmean(some, axis=1))

    @property
    def macro_interval(self) -> tuple[float, float]:
        """Lower and upper bound of the mean."""
        low, high = np.quantile(self.macro_samples, [(1 - self.level) / 2, (1 + self.level) / 2])
        return float(low), float(high)

    def _quantile(self, share: float) -> FloatArray:
        columns = [column[~np.isnan(column)] for column in self.samples.T]
        return np.array([np.quantile(column, share) if len(column) else np.nan for column in columns])


@dataclass(frozen=True, eq=False)
class BootstrapResult:
    """Intervals of both ranking metrics from the same resamples."""

    auroc: BootstrapInterval
    average_precision: BootstrapInterval


def bootstrap_intervals(
    scores: ArrayLike,
    targets: ArrayLike,
    groups: ArrayLike,
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    findings: Sequence[str] | None = None,
) -> BootstrapResult:
    """Percentile intervals of AUROC and average precision from resampling patients with replacement.

    Images of one patient resemble each other, so patients are drawn, not images: as many as there are, each with all
    their images. A drawn patient is an integer weight; scores are sorted once for all resamples.

    Args:
        scores: (N, L) finite, higher means more likely.
        targets: (N, L) of 1, 0, or NaN for unknown.
        groups: (N,) patient ids, numbers or strings.
        replicates: number of resamples.
        seed: resample r depends on `seed` and r alone, see `patient_weights`.
        level: share of resamples inside the interval.
        findings: L names for error messages.

    Raises:
        LucencyError: shapes do not fit, a score is not finite, or no finding has both classes.
        LabelError: a target is not 0, 1 or NaN.
        TableError: a patient id is missing, or there are not N of them.
        ConfigError: `replicates` or `level` makes no sense.

    Example:
        >>> scores = np.array([[0.2], [0.6], [0.4], [0.9], [0.1], [0.7]])
        >>> result = bootstrap_intervals(scores, [[0], [0], [1], [1], [0], [1]], list("aabbcd"), replicates=200)
        >>> round(result.auroc.macro, 4), result.auroc.high
        (0.8889, array([1.]))
    """
    return _bootstrap([scores], targets, groups, replicates, seed, level, findings)


def paired_bootstrap(
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    targets: ArrayLike,
    groups: ArrayLike,
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    findings: Sequence[str] | None = None,
) -> BootstrapResult:
    """Intervals of metric(a) - metric(b) for two models on the same images.

    Both models see the same resamples, so what patients have in common cancels: much narrower than comparing two
    intervals. Arguments and errors as in `bootstrap_intervals`; estimates and samples are differences.

    Example:
        >>> scores, targets = np.array([[0.2], [0.6], [0.4], [0.9]]), [[0], [0], [1], [1]]
        >>> paired_bootstrap(scores, 2 * scores, targets, list("abcd"), replicates=50).auroc.macro_interval
        (0.0, 0.0)
    """
    return _bootstrap([scores_a, scores_b], targets, groups, replicates, seed, level, findings)


def _bootstrap(
    models: Sequence[ArrayLike],
    targets: ArrayLike,
    groups: ArrayLike,
    replicates: int,
    seed: int,
    level: float,
    findings: Sequence[str] | None,
) -> BootstrapResult:
    check_resampling(replicates, level)
    checked = [check_scores_and_targets(scores, targets, findings) for scores in models]
    known = checked[0][1]
    patient_of_image, patients = number_patients(groups, len(known))
    columns = [
        [SortedFinding.of(*column, patient_of_image) for column in zip(scores.T, known.T, strict=True)]
        for scores, _ in checked
    ]
    blocks = []
    for weights in weight_blocks(patients, replicates, seed):
        blocks.append(_one_or_difference([[column.areas(weights) for column in model] for model in columns]))
    points = [ranking_metrics(scores, known, findings) for scores, _ in checked]
    estimates = [_one_or_difference([point[metric].values for point in points]) for metric in range(2)]
    n_positive, n_negative = points[0][0].n_positive, points[0][0].n_negative
    return BootstrapResult(
        *(
            BootstrapInterval(estimate, RankingResult(estimate, n_positive, n_negative, findings).macro, sample, level)
            for estimate, sample in zip(estimates, np.concatenate(blocks, axis=2).transpose(1, 2, 0), strict=True)
        )
    )


def _one_or_difference(models: Sequence[ArrayLike]) -> FloatArray:
    values = [np.asarray(model) for model in models]
    return values[0] if len(values) == 1 else values[0] - values[1]
