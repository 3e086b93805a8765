"""Which entries or images a round asks for."""

import warnings
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ...errors import ConfigError, LucencyError
from ..entries import BoolArray, FloatArray, IntArray
from .aggregate import Aggregate, image_scores
from .turns import take_turns

Unit = Literal["image", "entry"]
Quota = Literal["equal"] | Sequence[float]


def choose(
    scores: ArrayLike,
    *,
    unit: Unit = "image",
    budget: int,
    quota: Quota | None = None,
    already: ArrayLike | None = None,
    aggregate: Aggregate = "ema",
    alpha: float = 0.8,
    top_k: int = 3,
    seed: int | None = None,
) -> IntArray:
    """Choose what a reader is asked, most worth first.

    Without a quota the highest scores are taken: of entries, or of images by `image_scores`. With one, findings take
    turns in proportion to their shares (`take_turns`), each naming its highest entry that is still free, and what a
    finding cannot spend goes to the others in proportion. An image then stands in the list because one finding asked
    for it, so `aggregate` plays no part; findings that share their images are all answered by one read.

    Args:
        scores: (N, C) from `entry_scores`; NaN is not eligible.
        unit: "image": a reader looks once and answers for the whole image; "entry": one question, one finding.
        budget: how many images or entries; where there are fewer, all are taken and a warning says so.
        quota: None; "equal"; or C shares of 0 or more, such as twice as much for one finding. Share 0 asks nothing.
        already: (N, C) True for entries that were asked before: never chosen again. An image with others left may be.
        aggregate: "ema" or "top_k", for images without a quota.
        alpha: of "ema"; cleanlab's is 0.8.
        top_k: of "top_k".
        seed: shuffles equal scores; None leaves them in the order of rows, then findings.

    Returns:
        int64 (k,) rows of images, or (k, 2) rows and findings of entries.

    Raises:
        ConfigError: an argument is out of bounds.
        LucencyError: shapes differ, or a score is infinite.

    Example:
        >>> scores = [[0.9, 0.1], [0.8, np.nan], [0.7, 0.2]]
        >>> choose(scores, unit="entry", budget=3).tolist()
        [[0, 0], [1, 0], [2, 0]]
        >>> choose(scores, unit="entry", budget=3, quota="equal").tolist()
        [[0, 0], [2, 1], [1, 0]]
        >>> choose(scores, unit="image", budget=1, already=[[True, True], [False, False], [False, False]])
        array([1])
    """
    if isinstance(budget, bool) or budget < 1 or not float(budget).is_integer():
        raise ConfigError(f"budget cannot be {budget!r}; give a whole number of 1 or more")
    if unit not in ("image", "entry"):
        raise ConfigError(f"unit: {unit!r} is not known; choose 'image' or 'entry'")
    free = _free(np.asarray(scores, dtype=np.float64), already)
    shares = None if quota is None else _shares(quota, free.shape[1])
    if shares is not None:
        free = np.where(shares > 0, free, np.nan)
    of_images = image_scores(free, aggregate, alpha=alpha, top_k=top_k)
    pool = int((~np.isnan(of_images if unit == "image" else free)).sum())
    if budget > pool:
        units = "images" if unit == "image" else "entries"
        warnings.warn(f"budget of {budget} {units}, but only {pool} may be asked; all are taken", stacklevel=2)
    ties = _ties(free.shape, seed)
    if shares is not None:
        queues = [_ranked(column, tie) for column, tie in zip(free.T, ties.T, strict=True)]
        turns = take_turns(queues, free, shares, int(budget), once=unit == "image")
        chosen = np.array(turns, dtype=np.int64).reshape(-1, 2)
        return chosen[:, 0] if unit == "image" else chosen
    if unit == "image":
        return _ranked(of_images, ties[:, 0])[:budget]
    best = _ranked(free.ravel(), ties.ravel())[:budget]
    return np.stack(np.divmod(best, free.shape[1]), axis=1)


def _free(scores: FloatArray, already: ArrayLike | None) -> FloatArray:
    if scores.ndim != 2 or scores.size == 0:
        raise LucencyError(f"scores are {scores.shape}; give (images, findings) with at least one of each")
    if np.isinf(scores).any():
        row, column = np.argwhere(np.isinf(scores))[0]
        raise LucencyError(f"score of finding {column} in row {row} is infinite; give finite scores, or NaN")
    if already is None:
        return scores
    asked: BoolArray = np.asarray(already)
    if asked.shape != scores.shape or asked.dtype != bool:
        raise LucencyError(
            f"already is {asked.dtype} {asked.shape} and scores are {scores.shape}; give one bool an entry"
        )
    return np.where(asked, np.nan, scores)


def _shares(quota: Quota, findings: int) -> FloatArray:
    if isinstance(quota, str):
        if quota != "equal":
            raise ConfigError(f"quota: {quota!r} is not known; choose 'equal', or give one share a finding")
        return np.ones(findings)
    shares = np.asarray(quota, dtype=np.float64)
    if shares.shape != (findings,) or not np.isfinite(shares).all() or (shares < 0).any() or not shares.any():
        raise ConfigError(f"quota cannot be {quota!r}; give {findings} shares of 0 or more, not all 0")
    return shares


def _ties(shape: tuple[int, ...], seed: int | None) -> IntArray:
    count = int(np.prod(shape))
    order = np.arange(count) if seed is None else np.random.default_rng(seed).permutation(count)
    return order.reshape(shape)


def _ranked(scores: FloatArray, ties: IntArray) -> IntArray:
    """Indices of the scores that are not NaN, highest first, equal ones by `ties`."""
    order = np.lexsort((ties, -scores))  # NaN last
    return order[: int((~np.isnan(scores)).sum())]
