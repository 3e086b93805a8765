"""Which observed labels a network trains on: the forgetting of co-teaching, stratum by stratum."""

import numpy as np
from numpy.typing import ArrayLike

from ..errors import ConfigError, LucencyError
from .entries import BoolArray, FloatArray, IntArray, check_known, check_targets


def keep_masks(
    losses: ArrayLike,
    targets: ArrayLike,
    rates: ArrayLike,
    *,
    vog: ArrayLike | None = None,
    mix: float = 0.2,
    stratified: bool = True,
) -> BoolArray:
    r"""Keep the $\lceil (1 - \rho)\,n \rceil$ most credible of the n entries of every finding and observed label.

    Of k kept entries, $k - \lfloor mk \rfloor$ have the smallest losses of their stratum, and $\lfloor mk \rfloor$ the
    smallest variance of gradients of what remains. A finding's positives compete with its positives alone: with one cut
    a finding, the losses of rare positives are the largest whether the labels are right or wrong, and all are dropped.

    Made for whole training sets: record an epoch's losses, compute the masks once, index them by batch. In a batch of
    32 a stratum seldom has the $1/\rho$ entries from which the first is dropped. With two networks, give the mask of
    each to the other.

    Han et al.: Co-teaching, NeurIPS 2018 (arXiv:1804.06872), select single-label samples by loss; Khanal et al.: Active
    Label Refinement for Robust Training of Imbalanced Medical Image Classification Tasks in the Presence of High Label
    Noise, MICCAI 2024, add those of low variance. Strata are ours.

    Args:
        losses: (N, C); the larger, the less credible.
        targets: (N, C) of 1, 0, or NaN for unknown.
        rates: (2, C) shares to drop, in [0, 1): row 0 of observed negatives, row 1 of observed positives, as
            `NoiseRates.values`; times a ramp from 0 to 1 in the first epochs.
        vog: (N, C) variance of gradients where labels are known; None selects by loss alone.
        mix: m in [0, 1], the share selected by variance; the paper's code uses 0.2. No effect without `vog`.
        stratified: False cuts once a finding, dropping as many entries whatever their label. For comparisons only: it
            loses rare positives.

    Returns:
        (N, C) bool; False where the label is unknown, as it is for a dropped one. `torch.from_numpy` takes it as it is.

    Raises:
        ConfigError: a rate or the mix is out of bounds.
        LucencyError: shapes differ, or a loss or variance of a known label is not finite.
        LabelError: a target is not 1, 0 or NaN.

    Example:
        >>> losses = [[0.1], [0.2], [2.0], [2.5], [0.9], [0.3]]
        >>> keep_masks(losses, [[0], [0], [1], [1], [0], [np.nan]], [[0.4], [0.5]]).ravel()
        array([ True,  True,  True, False, False, False])
    """
    labels = check_targets(targets)
    loss = check_known("losses", losses, labels)
    if not 0 <= mix <= 1:
        raise ConfigError(f"mix cannot be {mix!r}; give a number from 0 to 1")
    shares = _checked_rates(rates, labels.shape[1])
    variance = None if vog is None else check_known("vog", vog, labels)
    keep = np.zeros(labels.shape, dtype=bool)
    for finding in range(labels.shape[1]):
        given, column = labels[:, finding], np.ascontiguousarray(loss[:, finding])
        strata = [np.flatnonzero(given == label) for label in (0, 1)]
        dropped = [dropped_count(rate, len(rows)) for rate, rows in zip(shares[:, finding], strata, strict=True)]
        if not stratified:
            strata, dropped = [np.flatnonzero(~np.isnan(given))], [sum(dropped)]
        for rows, drop in zip(strata, dropped, strict=True):
            credible = None if variance is None else variance[rows, finding]
            keep[rows, finding] = _kept(column[rows], credible, len(rows) - drop, mix)
    return keep


def dropped_count(rate: float, entries: int) -> int:
    r"""How many of a stratum's entries go, $\lfloor \rho\,n \rfloor = n - \lceil (1 - \rho)\,n \rceil$.

    A product within 1e-9 of a whole number is that number: 0.29 times 100 drops 29, not 28.

    Example:
        >>> dropped_count(0.29, 100), dropped_count(0.1, 9)
        (29, 0)
    """
    return int(np.floor(rate * entries + 1e-9))


def _kept(losses: FloatArray, variance: FloatArray | None, count: int, mix: float) -> BoolArray:
    by_variance = 0 if variance is None else dropped_count(mix, count)
    kept = np.zeros(len(losses), dtype=bool)
    kept[_smallest(losses, count - by_variance)] = True
    if variance is not None:
        rest = np.flatnonzero(~kept)
        kept[rest[_smallest(variance[rest], by_variance)]] = True
    return kept


def _smallest(values: FloatArray, count: int) -> IntArray:
    """Where the `count` smallest values are, of equals the first: argpartition leaves those to the processor."""
    if count == 0:
        return np.empty(0, dtype=np.int64)
    largest = np.partition(values, count - 1)[count - 1]
    below = np.flatnonzero(values < largest)
    return np.concatenate([below, np.flatnonzero(values == largest)[: count - len(below)]])


def _checked_rates(rates: ArrayLike, findings: int) -> FloatArray:
    shares = np.asarray(rates, dtype=np.float64)
    if shares.shape != (2, findings):
        raise LucencyError(f"rates are {shares.shape} for {findings} findings; give two rows, negatives and positives")
    wrong = ~((shares >= 0) & (shares < 1))
    if wrong.any():
        label, finding = np.argwhere(wrong)[0]
        stratum = ("negative", "positive")[label]
        raise ConfigError(
            f"rate of {stratum} labels of finding {finding} cannot be {shares[label, finding]:g}; "
            "give a number from 0 to below 1"
        )
    return shares
