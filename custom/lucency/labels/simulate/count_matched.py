"""A number of flips that is told, not drawn."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from ...errors import ConfigError
from ..states import NEGATIVE, POSITIVE
from .label_cells import LabelCells
from .per_finding import PerFinding, per_finding


def count_matched(
    states: pd.DataFrame,
    *,
    fraction: PerFinding,
    mode: Literal["balanced", "fn_only", "fp_only"] = "balanced",
    seed: int = 0,
    findings: Sequence[str] | None = None,
    keys: Iterable[object] | None = None,
) -> pd.DataFrame:
    """Flip exactly `fraction` × (number of positives) labels of each finding, rounded.

    `fn_only` flips positives, `fp_only` negatives, `balanced` half each, so that the prevalence stays; an odd one is a
    positive. The cells with the smallest draws are flipped: whatever the order of the rows the same ones, and a larger
    fraction flips all that a smaller one flips. How many that are takes the whole table, so that other rows matter.

    Args:
        states: rows images, columns finding ids, cells the texts of states; other columns are carried along. Uncertain
            and unmentioned labels stay.
        fraction: from 0 to 1 for all findings, or a mapping from finding id, 0 where not named; 0.1, 0.2 and 0.3 are
            usual.
        mode: which labels flip.
        seed: same seed, same flips.
        findings: columns to work on; all that are finding ids of the vocabulary if not given.
        keys: what tells the images apart in the draws; column `image` if there is one, else the index.

    Returns:
        Copy of `states`.

    Raises:
        ConfigError: unknown mode, a fraction outside [0, 1], or one that asks for more negatives than there are.
        LabelError: the states, findings or keys do not fit; see `LabelCells`.

    Example:
        >>> truth = pd.DataFrame({"edema": ["positive"] * 4 + ["negative"] * 6})
        >>> flipped = count_matched(truth, fraction=0.5)
        >>> (flipped != truth).sum().item(), (flipped == "positive").sum().item()
        (2, 4)
    """
    if mode not in ("balanced", "fn_only", "fp_only"):
        raise ConfigError(f"count_matched: mode cannot be {mode!r}; use balanced, fn_only or fp_only")
    cells = LabelCells(states, "count_matched", seed, findings, keys)
    fractions = per_finding("count_matched: fraction", fraction, cells.findings)
    draws = cells.draws((cells.codes <= NEGATIVE) & (fractions > 0))
    codes = cells.codes.copy()
    for column, share in enumerate(fractions):
        rows = {state: np.flatnonzero(cells.codes[:, column] == state) for state in (POSITIVE, NEGATIVE)}
        flips = round(float(share) * len(rows[POSITIVE]))
        missed = {"fn_only": flips, "fp_only": 0, "balanced": flips - flips // 2}[mode]
        if flips - missed > len(rows[NEGATIVE]):
            raise ConfigError(
                f"count_matched: '{cells.findings[column]}' has {len(rows[NEGATIVE])} negatives to make "
                f"{flips - missed} false positives of; lower fraction, use mode fn_only or leave the finding out"
            )
        for state, count in ((POSITIVE, missed), (NEGATIVE, flips - missed)):
            first = np.argsort(draws[rows[state], column], kind="stable")[:count]
            codes[rows[state][first], column] = POSITIVE + NEGATIVE - state
    return cells.frame(codes)
