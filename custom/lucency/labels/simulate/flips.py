"""Labels that say the opposite: positive for negative and negative for positive."""

from collections.abc import Iterable, Sequence

import pandas as pd

from .label_cells import LabelCells
from .per_finding import PerFinding, per_finding


def symmetric(
    states: pd.DataFrame,
    *,
    rate: PerFinding,
    seed: int = 0,
    findings: Sequence[str] | None = None,
    keys: Iterable[object] | None = None,
) -> pd.DataFrame:
    """Flip positives and negatives at one rate: P(flip) = `rate`[c].

    At a prevalence of 5 %, a rate of 0.1 leaves twice as many false positives as true ones; `asymmetric` and
    `count_matched` are nearer to reports.

    Args:
        states: rows images, columns finding ids, cells the texts of states; other columns are carried along. Uncertain
            and unmentioned labels stay.
        rate: from 0 to 1 for all findings, or a mapping from finding id; 0 where not named.
        seed: same seed, same flips; what a rate flips, a higher one flips too.
        findings: columns to work on; all that are finding ids of the vocabulary if not given.
        keys: what tells the images apart in the draws; column `image` if there is one, else the index. A cell's
            result depends on its own state, finding, key and the seed alone.

    Returns:
        Copy of `states`.

    Raises:
        ConfigError: a rate outside [0, 1].
        LabelError: the states, findings or keys do not fit; see `LabelCells`.

    Example:
        >>> truth = pd.DataFrame({"edema": ["positive", "negative", "uncertain"]})
        >>> symmetric(truth, rate=1.0)["edema"].tolist()
        ['negative', 'positive', 'uncertain']
    """
    cells = LabelCells(states, "symmetric", seed, findings, keys)
    rates = per_finding("symmetric: rate", rate, cells.findings)
    return cells.flipped(rates, rates)


def asymmetric(
    states: pd.DataFrame,
    *,
    fn_rate: PerFinding = 0.0,
    fp_rate: PerFinding = 0.0,
    seed: int = 0,
    findings: Sequence[str] | None = None,
    keys: Iterable[object] | None = None,
) -> pd.DataFrame:
    """Miss positives and invent others: P(flip | positive c) = `fn_rate`[c], P(flip | negative c) = `fp_rate`[c].

    Args:
        states: as for `symmetric`.
        fn_rate: from 0 to 1 for all findings, or a mapping from finding id; 0 where not named.
        fp_rate: likewise.
        seed: same seed, same flips; what a rate flips, a higher one flips too.
        findings: as for `symmetric`.
        keys: as for `symmetric`.

    Returns:
        Copy of `states`.

    Raises:
        ConfigError: a rate outside [0, 1].
        LabelError: the states, findings or keys do not fit; see `LabelCells`.

    Example:
        >>> truth = pd.DataFrame({"edema": ["positive", "negative"], "mass": ["positive", "negative"]})
        >>> asymmetric(truth, fn_rate={"edema": 1.0}).to_dict("list")
        {'edema': ['negative', 'negative'], 'mass': ['positive', 'negative']}
    """
    cells = LabelCells(states, "asymmetric", seed, findings, keys)
    missed = per_finding("asymmetric: fn_rate", fn_rate, cells.findings)
    invented = per_finding("asymmetric: fp_rate", fp_rate, cells.findings)
    return cells.flipped(missed, invented)
