"""Wrong labels where it is easy to err."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ConfigError, LabelError
from ...files import first_few
from ..states import NEGATIVE, POSITIVE
from .label_cells import LabelCells
from .per_finding import PerFinding, per_finding


def instance_dependent(
    states: pd.DataFrame,
    *,
    scores: pd.DataFrame,
    fn_rate: PerFinding = 0.0,
    fp_rate: PerFinding = 0.0,
    seed: int = 0,
    findings: Sequence[str] | None = None,
    keys: Iterable[object] | None = None,
) -> pd.DataFrame:
    """Flip where it is easy to err: P(flip of cell ic) = min(1, k_c s_ic).

    k_c is found for the positives of finding c such that the mean of the probabilities is `fn_rate`[c], and for its
    negatives such that it is `fp_rate`[c]. That takes the whole table: other rows change k_c, and nothing else.

    Args:
        states: rows images, columns finding ids, cells the texts of states; other columns are carried along. Uncertain
            and unmentioned labels stay.
        scores: s, numbers of 0 or more with the index of `states` and a column for each finding whose rate is above 0,
            such as the uncertainty 1 - |2p - 1| of a model; only their ratios count.
        fn_rate: mean share of the positives to flip, from 0 to 1 for all findings, or a mapping from finding id; 0
            where not named.
        fp_rate: likewise, of the negatives.
        seed: same seed, same flips.
        findings: columns to work on; all that are finding ids of the vocabulary if not given.
        keys: what tells the images apart in the draws; column `image` if there is one, else the index.

    Returns:
        Copy of `states`.

    Raises:
        ConfigError: a rate outside [0, 1], or above the share of cells whose score is not 0.
        LabelError: a score is missing, negative or no finite number; the states, findings or keys do not fit.

    Example:
        >>> truth = pd.DataFrame({"edema": ["positive", "positive"]})
        >>> scores = pd.DataFrame({"edema": [0.0, 0.7]})
        >>> instance_dependent(truth, scores=scores, fn_rate=0.5)["edema"].tolist()
        ['positive', 'negative']
    """
    cells = LabelCells(states, "instance_dependent", seed, findings, keys)
    probabilities = np.zeros(cells.codes.shape)
    for state, name, rate in ((POSITIVE, "fn_rate", fn_rate), (NEGATIVE, "fp_rate", fp_rate)):
        rates = per_finding(f"instance_dependent: {name}", rate, cells.findings)
        for column, (finding, mean) in enumerate(zip(cells.findings, rates, strict=True)):
            rows = np.flatnonzero(cells.codes[:, column] == state)
            if mean > 0 and len(rows):
                values = _scores_of(scores, finding, states.index[rows])
                probabilities[rows, column] = _scaled(values, mean, f"instance_dependent: {name} of '{finding}'")
    return cells.flipped(probabilities, probabilities)


def _scores_of(scores: pd.DataFrame, finding: str, rows: pd.Index) -> NDArray[np.float64]:
    if finding not in scores or not scores.index.is_unique:
        reason = "have an index that names a row twice" if finding in scores else f"have no column '{finding}'"
        raise LabelError(f"instance_dependent: the scores {reason}; give one row an image and one column a finding")
    values = pd.to_numeric(scores[finding], errors="coerce").reindex(rows).to_numpy(dtype=np.float64)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        raise LabelError(
            f"instance_dependent: the score of '{finding}' is missing or not a number of 0 or more for row "
            f"{first_few(rows[wrong].tolist())}; give one for every positive and negative label"
        )
    return values


def _scaled(scores: NDArray[np.float64], mean: float, name: str) -> NDArray[np.float64]:
    """The probabilities min(1, k s) of the given mean: the largest scores saturate until the rest can be scaled."""
    share = np.count_nonzero(scores) / len(scores)
    if mean > share:
        raise ConfigError(f"{name} cannot be {mean:g}; only {share:.3g} of those labels have a score above 0")
    if mean == share:
        return (scores > 0).astype(np.float64)
    descending = np.sort(scores)[::-1]
    rest = np.cumsum(descending[::-1])[::-1]  # rest[j]: sum of all but the j largest
    factors = (mean * len(scores) - np.arange(len(scores))) / np.where(rest > 0, rest, np.inf)
    factor = factors[np.argmax(factors * descending <= 1)]
    return np.asarray(np.minimum(1.0, factor * scores))
