"""Which labels or images a round asks about, most worth first."""

from collections.abc import Mapping
from typing import cast

import numpy as np
import pandas as pd

from ...errors import ConfigError
from ..entries import BoolArray
from ..select import choose, entry_scores, image_scores
from ..select.aggregate import Aggregate
from ..select.choose import Quota, Unit
from .predictions import LabelledPredictions

ALL = "all"
"""What stands for a finding where an image is asked about as a whole."""


def rank(
    predictions: LabelledPredictions,
    *,
    budget: int,
    method: str = "cross_entropy",
    unit: Unit = "image",
    quota: str | Mapping[str, float] | None = None,
    already: BoolArray | None = None,
    aggregate: Aggregate = "ema",
    seed: int = 0,
    query_unknown: bool = False,
) -> pd.DataFrame:
    """Rank what a reader should see next.

    Of two networks the mean probability counts; `disagreement` compares them.

    Args:
        predictions: of the labels.
        budget: images or entries.
        method: see `entry_scores`.
        unit: "image" ranks images, of which every finding that was not asked yet is to be read; "entry" single labels.
        quota: None; "equal"; or share by finding, see `choose`. Findings that are not named have share 0.
        already: (N, C) True for cells that were asked before, which are never asked again.
        aggregate: score of an image from those of its entries, see `image_scores`.
        seed: of what is random, and of the order of equal scores.
        query_unknown: let unknown labels count for methods that need none.

    Returns:
        Columns `rank` from 1, `image`, `finding` (`all` for images), `score`. With a quota, findings take turns, so
        that scores need not fall.

    Raises:
        ConfigError: an argument is out of bounds, or what the method needs is not there.
        LucencyError: see `entry_scores`.

    Example:
        >>> labels = LabelledPredictions(["a", "b"], ["mass"], np.array([[0.9], [0.2]]), np.array([[0.0], [0.0]]))
        >>> rank(labels, budget=1, unit="entry").round(3).values.tolist()
        [[1, 'a', 'mass', 2.303]]
    """
    first, second = predictions.probabilities, predictions.second
    missing = np.isnan(first) if second is None else np.isnan(first) | np.isnan(second)
    if predictions.vog is not None and method == "vog" and np.isnan(predictions.vog).all():
        raise ConfigError("vog: no label has one yet; train for more epochs, or choose another method")
    mean = first if second is None or method == "disagreement" else (first + second) / 2
    scores = entry_scores(
        method,
        np.where(missing, 0.5, mean),  # of no account: their targets are unknown, their scores are taken out below
        np.where(missing, np.nan, predictions.targets),
        second=None if second is None else np.where(missing, 0.5, second),
        vog=predictions.vog,
        seed=seed,
        query_unknown=query_unknown,
    )
    scores = np.where(missing, np.nan, scores)
    shares = _shares(quota, predictions.findings)
    chosen = choose(scores, unit=unit, budget=budget, quota=shares, already=already, aggregate=aggregate, seed=seed)
    if unit == "image":
        free = scores if already is None else np.where(already, np.nan, scores)
        values, rows, findings = image_scores(free, aggregate)[chosen], chosen, [ALL] * len(chosen)
    else:
        rows, columns = chosen[:, 0], chosen[:, 1]
        values, findings = scores[rows, columns], [predictions.findings[column] for column in columns]
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(rows) + 1),
            "image": [predictions.images[row] for row in rows],
            "finding": findings,
            "score": values,
        }
    )


def _shares(quota: str | Mapping[str, float] | None, findings: list[str]) -> Quota | None:
    if quota is None or isinstance(quota, str):
        return cast(Quota | None, quota)  # `choose` refuses another word
    strange = [finding for finding in quota if finding not in findings]
    if strange:
        raise ConfigError(f"quota: no finding '{strange[0]}' to rank; choose from {', '.join(findings)}")
    return [float(quota.get(finding, 0)) for finding in findings]
