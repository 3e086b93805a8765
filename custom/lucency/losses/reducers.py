"""The ways from a matrix of per-cell terms to the scalar that is minimised, by name.

Every reducer is called with `terms` and `weight`, both (B, L) for B images and L findings. Terms are multiplied by
their weight; a cell *takes part* when its weight is above 0, and counts of cells are counts of those that take part.
"""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import torch
from torch import Tensor

from ..errors import ConfigError
from .ranks import sum_over_ranks


class Reducer(Protocol):
    """Any callable from terms (B, L) and weight (B, L) to a scalar."""

    def __call__(self, terms: Tensor, weight: Tensor) -> Tensor:
        """Reduce terms (B, L) with weight (B, L) to a scalar."""
        ...


@dataclass(frozen=True, kw_only=True)
class MeanAll:
    r"""$\frac{1}{BL}\sum_{bl} w_{bl}\,t_{bl}$: cells that take no part still count in the denominator.

    Used by the single-positive literature. Additive over micro-batches and DDP ranks of equal size.

    Example:
        >>> MeanAll()(torch.ones(2, 2), torch.tensor([[1.0, 1.0], [0.0, 0.0]]))
        tensor(0.5000)
    """

    def __call__(self, terms: Tensor, weight: Tensor) -> Tensor:
        """Reduce terms (B, L) with weight (B, L) to a scalar."""
        return _weighted_sum(terms, weight) / terms.numel()


@dataclass(frozen=True, kw_only=True)
class Sum:
    r"""$\sum_{bl} w_{bl}\,t_{bl}$: ties the learning rate to batch size and number of findings.

    Used by ASL, Hill, SPLC and CSL. Under DDP the gradient is that of the sum divided by the number of ranks.

    Example:
        >>> Sum()(torch.ones(2, 2), torch.tensor([[1.0, 1.0], [1.0, 0.0]]))
        tensor(3.)
    """

    def __call__(self, terms: Tensor, weight: Tensor) -> Tensor:
        """Reduce terms (B, L) with weight (B, L) to a scalar."""
        return _weighted_sum(terms, weight)


@dataclass(frozen=True, kw_only=True)
class MeanObserved:
    r"""$\frac{1}{|O|}\sum_{bl} w_{bl}\,t_{bl}$ where $O$ holds the cells that take part; 0 when there are none.

    Not additive: the mean of two half batches differs from the full batch when their counts differ, so gradient
    accumulation changes it. Under DDP the count is summed over ranks, and averaged gradients equal the full batch's.

    Example:
        >>> MeanObserved()(torch.ones(2, 2), torch.tensor([[1.0, 1.0], [1.0, 0.0]]))
        tensor(1.)
    """

    def __call__(self, terms: Tensor, weight: Tensor) -> Tensor:
        """Reduce terms (B, L) with weight (B, L) to a scalar."""
        count, ranks = sum_over_ranks(torch.count_nonzero(weight), terms)
        return _weighted_sum(terms, weight) * (ranks / count.clamp(min=1))


@dataclass(frozen=True, kw_only=True)
class PerTask:
    r"""$\sum_l \frac{1}{\max(n_l,\,n_{min})}\sum_b w_{bl}\,t_{bl}$, $n_l$ images in which finding $l$ takes part.

    Used by TorchXRayVision (Cohen et al., arXiv:2111.00595) to join data sets that label different findings. One
    observed cell of a rare finding weighs as much as B cells of a common one; `n_min` caps that by weighting the mean
    of a finding with $\min(1, n_l/n_{min})$. Fully labelled, it is L times the mean. DDP ranks share their counts.

    Args:
        n_min: fewest images for a finding to get full weight; 1 (TorchXRayVision) is no cap.

    Raises:
        ConfigError: `n_min` is below 1 or not finite.

    Example:
        >>> weight = torch.tensor([[1.0, 1.0], [1.0, 0.0]])
        >>> PerTask()(torch.ones(2, 2), weight), PerTask(n_min=2)(torch.ones(2, 2), weight)
        (tensor(2.), tensor(1.5000))
    """

    n_min: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.n_min) and self.n_min >= 1):
            raise ConfigError(f"PerTask: n_min is {self.n_min}; give a number of images, 1 or more")

    def __call__(self, terms: Tensor, weight: Tensor) -> Tensor:
        """Reduce terms (B, L) with weight (B, L) to a scalar."""
        count, ranks = sum_over_ranks((weight > 0).sum(dim=0), terms)
        return ((terms * weight).sum(dim=0) * ranks / count.clamp(min=self.n_min)).sum()


@dataclass(frozen=True, kw_only=True)
class Durand:
    r"""$\frac{1}{B}\sum_b \frac{g(p_b)}{L}\sum_l w_{bl}\,t_{bl}$, $g(p) = \alpha p^\gamma + \beta$.

    $p_b$ is the share of findings that take part in image $b$. The published constants give $g(1) = 1$ and
    $g(0.1) \approx 5$: a middle way between `mean_all` ($\alpha=0, \beta=1$) and the mean over each image's own
    observed findings ($\alpha=1, \beta=0, \gamma=-1$). An image in which nothing takes part contributes 0.

    Durand, Mehrasa, Mori: Learning a Deep ConvNet for Multi-label Classification with Partial Labels, CVPR 2019
    (arXiv:1902.09720).

    Args:
        alpha: the paper uses -4.45.
        beta: the paper uses 5.45.
        gamma: the paper uses 1.

    Raises:
        ConfigError: an argument is not finite, or $g$ is not positive everywhere on (0, 1].

    Example:
        >>> Durand()(torch.ones(1, 10), torch.eye(10)[:1])  # g(0.1) / 10
        tensor(0.5005)
    """

    alpha: float = -4.45
    beta: float = 5.45
    gamma: float = 1.0

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.alpha, self.beta, self.gamma))):
            raise ConfigError(
                f"Durand: alpha, beta, gamma are {self.alpha}, {self.beta}, {self.gamma}; give finite numbers"
            )
        near_zero = self.alpha if self.gamma < 0 else self.beta  # the sign of g towards p = 0; g is monotone
        if self.alpha + self.beta <= 0 or (self.gamma != 0 and near_zero < 0):
            raise ConfigError(
                f"Durand: alpha={self.alpha}, beta={self.beta}, gamma={self.gamma} make the weight g(p) of some images "
                "zero or negative; the paper uses -4.45, 5.45, 1"
            )

    def __call__(self, terms: Tensor, weight: Tensor) -> Tensor:
        """Reduce terms (B, L) with weight (B, L) to a scalar."""
        findings = terms.shape[1]
        share = (weight > 0).sum(dim=1).clamp(min=1).to(terms.dtype) / findings
        g = self.alpha * share**self.gamma + self.beta
        return (g * (terms * weight).sum(dim=1)).mean() / findings


REDUCERS: Mapping[str, type[Reducer]] = MappingProxyType(
    {
        "mean_all": MeanAll,
        "mean_observed": MeanObserved,
        "sum": Sum,
        "per_task": PerTask,
        "durand": Durand,
    }
)


def reducer_for(reduction: str | Reducer) -> Reducer:
    """The reducer of that name with its default settings; a reducer is handed back as it is.

    Raises:
        ConfigError: there is no reducer of that name.

    Example:
        >>> reducer_for("durand")
        Durand(alpha=-4.45, beta=5.45, gamma=1.0)
    """
    if not isinstance(reduction, str):
        return reduction
    if reduction not in REDUCERS:
        near = difflib.get_close_matches(reduction, REDUCERS, n=1)
        mend = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(REDUCERS)}"
        raise ConfigError(f"reduction: {reduction!r} is not known; {mend}")
    return REDUCERS[reduction]()


def _weighted_sum(terms: Tensor, weight: Tensor) -> Tensor:
    return torch.dot(terms.reshape(-1), weight.reshape(-1))
