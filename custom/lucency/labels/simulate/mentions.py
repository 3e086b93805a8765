"""Labels that a report leaves out or leaves open."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from ..states import NEGATIVE, UNCERTAIN, UNMENTIONED
from .label_cells import LabelCells
from .per_finding import PerFinding, per_finding


def mention_rate(
    states: pd.DataFrame,
    *,
    positive: PerFinding = 1.0,
    negative: PerFinding = 1.0,
    seed: int = 0,
    findings: Sequence[str] | None = None,
    keys: Iterable[object] | None = None,
) -> pd.DataFrame:
    """Let positives and negatives be mentioned at given rates; the others become unmentioned.

    P(mentioned | positive c) = `positive`[c], P(mentioned | negative c) = `negative`[c], each cell on its own: missing
    completely at random given the state. Uncertain labels are mentions, and stay. What a rate mentions, a higher one
    mentions too.

    Args:
        states: rows images, columns finding ids, cells the texts of states; other columns are carried along.
        positive: a rate from 0 to 1 for all findings, or a mapping from finding id; 1 where not named.
        negative: likewise.
        seed: same seed, same choice.
        findings: columns to work on; all that are finding ids of the vocabulary if not given.
        keys: what tells the images apart in the draws; column `image` if there is one, else the index. A cell's
            result depends on its own state, finding, key and the seed alone.

    Returns:
        Copy of `states`.

    Raises:
        ConfigError: a rate outside [0, 1].
        LabelError: the states, findings or keys do not fit; see `LabelCells`.

    Example:
        >>> truth = pd.DataFrame({"edema": ["positive", "negative"], "mass": ["positive", "negative"]})
        >>> mention_rate(truth, negative={"edema": 0.0})["edema"].tolist()
        ['positive', 'unmentioned']
    """
    cells = LabelCells(states, "mention_rate", seed, findings, keys)
    said_positive = per_finding("mention_rate: positive", positive, cells.findings, unnamed=1.0)
    said_negative = per_finding("mention_rate: negative", negative, cells.findings, unnamed=1.0)
    hidden = (cells.codes <= NEGATIVE) & ~cells.happens(said_positive, said_negative)
    return cells.frame(np.where(hidden, UNMENTIONED, cells.codes).astype(np.int8))


def uncertain(
    states: pd.DataFrame,
    *,
    positive: PerFinding = 0.0,
    negative: PerFinding = 0.0,
    seed: int = 0,
    findings: Sequence[str] | None = None,
    keys: Iterable[object] | None = None,
) -> pd.DataFrame:
    """Let positives and negatives become uncertain at given rates.

    P(uncertain | positive c) = `positive`[c], P(uncertain | negative c) = `negative`[c], each cell on its own.

    Args:
        states: rows images, columns finding ids, cells the texts of states; other columns are carried along.
        positive: a rate from 0 to 1 for all findings, or a mapping from finding id; 0 where not named.
        negative: likewise.
        seed: same seed, same choice.
        findings: columns to work on; all that are finding ids of the vocabulary if not given.
        keys: what tells the images apart in the draws; column `image` if there is one, else the index. A cell's
            result depends on its own state, finding, key and the seed alone.

    Returns:
        Copy of `states`.

    Raises:
        ConfigError: a rate outside [0, 1].
        LabelError: the states, findings or keys do not fit; see `LabelCells`.

    Example:
        >>> truth = pd.DataFrame({"edema": ["positive", "negative"]})
        >>> uncertain(truth, positive=1.0)["edema"].tolist()
        ['uncertain', 'negative']
    """
    cells = LabelCells(states, "uncertain", seed, findings, keys)
    open_positive = per_finding("uncertain: positive", positive, cells.findings)
    open_negative = per_finding("uncertain: negative", negative, cells.findings)
    return cells.frame(np.where(cells.happens(open_positive, open_negative), UNCERTAIN, cells.codes).astype(np.int8))
