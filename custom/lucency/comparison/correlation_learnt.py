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
    r"""One rung.

    Args:
        rung: name.
        G: (C, C), mean over folds.
        local_variances: one a fold, see `CorrelationRung.extras`.
        rank_correlation: Spearman's, of the entries of `G` off its diagonal with the co-occurrence of the training
            images of the same fold, mean over folds; NaN if either is constant.
        way: $1 - \mathrm{KL}(\hat P \Vert G) / \mathrm{KL}(\hat P \Vert 1/C)$ with the co-occurrence $\hat P$ of the
            same images, mean over folds: 0 where $G$ is uniform, 1 where it is $\hat P$, negative where it is farther.
    """

    rung: str
    G: NDArray[np.float64]
    local_variances: list[float]
    rank_correlation: float
    way: float


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
        variances = [float(run.extras["local_variance"]) for run, _ in runs]
        way = float(np.mean([_way(truth, run.extras["G"].astype(np.float64)) for run, truth in runs]))
        learnt.append(Learnt(name, mean, variances, float(np.mean(agreement)), way))
    return learnt


def _empirical(result: FoldResult) -> NDArray[np.float64]:
    return np.asarray(cooccurrence(result.comparison.study.targets("truth")))


def _way(truth: NDArray[np.float64], G: NDArray[np.float64]) -> float:
    def divergence(shares: NDArray[np.float64]) -> float:
        return float(np.nansum(truth * np.log(truth / shares)))

    return 1 - divergence(G) / divergence(np.full_like(G, 1 / len(G)))
