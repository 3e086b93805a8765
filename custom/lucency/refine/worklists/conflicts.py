"""Labels on which readers contradict each other, verdict by verdict."""

from collections.abc import Iterable

import pandas as pd

from ..adjudication import Adjudication
from ..ledger import LabelEntry

_COLUMNS = ("round", "image", "finding", "reader", "verdict", "adjudicated")


def reader_conflicts(verdicts: Iterable[LabelEntry], adjudication: Adjudication | None = None) -> pd.DataFrame:
    """Verdicts of every label on which the readers of one round differ.

    Args:
        verdicts: as `Ledger.verdicts` returns them.
        adjudication: whose state each conflict becomes; majority if not given.

    Returns:
        One row a verdict: `round`, `image`, `finding`, `reader`, `verdict`, and `adjudicated`, the state of the label.

    Example:
        >>> said = [
        ...     LabelEntry(image="a.png", finding="mass", state=state, source="", reader=reader, round=1)
        ...     for reader, state in (("R1", "positive"), ("R2", "negative"))
        ... ]
        >>> reader_conflicts(said)[["reader", "verdict", "adjudicated"]].values.tolist()
        [['R1', 'positive', 'uncertain'], ['R2', 'negative', 'uncertain']]
    """
    rule = adjudication or Adjudication()
    cells: dict[tuple[int, str, str], dict[str, str]] = {}
    for said in verdicts:
        cells.setdefault((said.round, said.image, said.finding), {})[said.reader] = said.state
    rows = [
        (*cell, reader, state, rule(states).value)
        for cell, states in cells.items()
        if len(set(states.values())) > 1
        for reader, state in states.items()
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))
