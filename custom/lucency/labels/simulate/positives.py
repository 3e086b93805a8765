"""Labels that mention only some of what is there."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ConfigError
from ..states import NEGATIVE, POSITIVE, UNMENTIONED
from .label_cells import LabelCells
from .per_finding import PerFinding, per_finding


def single_positive(
    states: pd.DataFrame,
    *,
    weights: PerFinding = 1.0,
    without_positive: Literal["keep", "drop"] = "keep",
    seed: int = 0,
    findings: Sequence[str] | None = None,
    keys: Iterable[object] | None = None,
) -> pd.DataFrame:
    """Keep one positive of each image; everything else, uncertain labels too, becomes unmentioned.

    The protocol of single-positive multi-label learning: Cole et al., CVPR 2021, arXiv 2106.09708. Chosen once and
    stored, the label does not change between epochs. It is `m_positive` with m = 1, which see for the arguments.

    Returns:
        Copy of `states`; with `without_positive="drop"` without the rows that have no positive.

    Raises:
        ConfigError, LabelError: as `m_positive`.

    Example:
        >>> truth = pd.DataFrame({"edema": ["positive"], "effusion": ["positive"], "mass": ["negative"]})
        >>> single_positive(truth, seed=0).iloc[0].tolist()
        ['positive', 'unmentioned', 'unmentioned']
    """
    return m_positive(
        states, m=1, weights=weights, without_positive=without_positive, seed=seed, findings=findings, keys=keys
    )


def m_positive(
    states: pd.DataFrame,
    *,
    m: int,
    n: int = 0,
    weights: PerFinding = 1.0,
    without_positive: Literal["keep", "drop"] = "keep",
    seed: int = 0,
    findings: Sequence[str] | None = None,
    keys: Iterable[object] | None = None,
) -> pd.DataFrame:
    """Keep m positives and n negatives of each image; everything else, uncertain labels too, becomes unmentioned.

    Positives are drawn without replacement, the first with probability w_c / Σ w over the image's positives c: those
    with the m smallest e_c / w_c, e_c ~ Exp(1) (Efraimidis and Spirakis, Inf. Process. Lett. 2006). Negatives are
    drawn uniformly. An image that has fewer keeps what it has, and what m keeps, m + 1 keeps too.

    Args:
        states: rows images, columns finding ids, cells the texts of states; other columns are carried along.
        m: positives to keep, 1 or more; 1 in Cole et al., CVPR 2021.
        n: negatives to keep; 0 in the same paper.
        weights: w_c, a number of 0 or more for all findings or a mapping from finding id; 1 where not named, which is
            the paper's uniform choice. Reports name some findings first; `truth[findings].eq("positive").sum()`
            prefers the frequent ones. A finding of weight 0 is never kept.
        without_positive: whether images with no positive to keep stay, without a label, or are dropped.
        seed: same seed, same choice.
        findings: columns to work on; all that are finding ids of the vocabulary if not given.
        keys: what tells the images apart in the draws; column `image` if there is one, else the index. An image's
            result depends on its own row, its key and the seed alone.

    Returns:
        Copy of `states`; with `without_positive="drop"` without the rows that have no positive.

    Raises:
        ConfigError: m, n, a weight or `without_positive` is not what it must be.
        LabelError: the states, findings or keys do not fit; see `LabelCells`.

    Example:
        >>> truth = pd.DataFrame({"edema": ["positive"], "mass": ["negative"], "nodule": ["uncertain"]})
        >>> m_positive(truth, m=2, n=1).iloc[0].tolist()
        ['positive', 'negative', 'unmentioned']
    """
    for name, value, least in (("m", m, 1), ("n", n, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ConfigError(f"m_positive: {name} cannot be {value!r}; give a whole number of {least} or more")
    if without_positive not in ("keep", "drop"):
        raise ConfigError(f"m_positive: without_positive cannot be {without_positive!r}; use keep or drop")
    cells = LabelCells(states, "m_positive", seed, findings, keys)
    weight = per_finding("m_positive: weights", weights, cells.findings, unnamed=1.0, most=np.inf)
    candidates = (cells.codes == POSITIVE) & (weight > 0)
    with np.errstate(divide="ignore"):  # a draw of 1, which is no candidate's, comes at infinity
        times = -np.log1p(-cells.draws(candidates)) / np.where(weight > 0, weight, 1)
    positives = candidates & _smallest(times, m)
    negatives = (cells.codes == NEGATIVE) & (n > 0)
    negatives &= _smallest(cells.draws(negatives), n)
    result = cells.frame(np.where(positives | negatives, cells.codes, UNMENTIONED).astype(np.int8))
    return result.loc[positives.any(axis=1)] if without_positive == "drop" else result


def _smallest(values: NDArray[np.float64], count: int) -> NDArray[np.bool_]:
    """Where the `count` smallest values of each row are."""
    chosen = np.zeros(values.shape, dtype=bool)
    np.put_along_axis(chosen, np.argsort(values, axis=1, kind="stable")[:, :count], True, axis=1)
    return chosen
