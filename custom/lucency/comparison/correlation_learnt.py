"""What the rungs of a ladder have learnt of correlations, over all folds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..losses import cooccurrence
from .correlation_figures import off_diagonal
from .cross_validation import FoldResult


@dataclass(frozen=True, eq=False)
class Learnt:
    """One rung.

    Args:
        rung: name.
        G: (C, C), mean over folds.
        local_variances: one a fold, see `CorrelationRung.extras`.
        rank_correlation: Spearman's, of the entries of `G` off its diagonal with the co-occurrence of the training
            images of the same fold, mean over folds; NaN if either is constant.
    """

    rung: str
    G: NDArray[np.float64]
    local_variances: list[float]
    rank_correlation: float

    @property
    def share_of_others(self) -> float:
        """What a row of `G` gives to other labels than its own, on average."""
        return float(1 - np.diag(self.G).mean())


def empirical(results: Sequence[FoldResult]) -> NDArray[np.float64]:
    """Co-occurrence (C, C) of the training images, mean over folds."""
    return np.asarray(np.mean([_empirical(result) for result in results], axis=0))


def what_was_learnt(results: Sequence[FoldResult]) -> list[Learnt]:
    """Of each rung that has global correlations, in the ladder's order."""
    from scipy.stats import spearmanr  # takes a second to import

    truths = [_empirical(result) for result in results]
    learnt = []
    for name in dict.fromkeys(chosen.option.name for result in results for chosen in result.chosen):
        runs = [
            (next(iter(chosen.runs.values())), truth)
            for result, truth in zip(results, truths, strict=True)
            for chosen in result.chosen
            if chosen.option.name == name
        ]
        runs = [(run, truth) for run, truth in runs if "G" in run.extras]
        if not runs:
            continue
        agreement = []
        for run, truth in runs:
            pair = np.stack([off_diagonal(matrix.astype(np.float64)) for matrix in (run.extras["G"], truth)])
            others = ~np.isnan(pair).any(axis=0)
            agreement.append(float(spearmanr(pair[0][others], pair[1][others]).statistic))
        mean = np.asarray(np.mean([run.extras["G"] for run, _ in runs], axis=0, dtype=np.float64))
        learnt.append(
            Learnt(name, mean, [float(run.extras["local_variance"]) for run, _ in runs], float(np.mean(agreement)))
        )
    return learnt


def _empirical(result: FoldResult) -> NDArray[np.float64]:
    return np.asarray(cooccurrence(result.comparison.study.targets("truth")))
