"""The history of labels: every state that they had, and who gave it."""

import sqlite3
from collections.abc import Sequence

import numpy as np
import pandas as pd

from .errors import LedgerError
from .table import imported_states, state_texts

HISTORY = ("image", "finding", "state", "source", "reader", "round", "time", "reason")
"""Columns of a history, the attributes of `LabelEntry`."""

_ORDER = ["row", "place", "round", "batch", "reader"]


def label_history(
    database: sqlite3.Connection, findings: Sequence[str], image: str | None, finding: str | None
) -> pd.DataFrame:
    """See `LedgerView.history`.

    Raises:
        LedgerError: unknown image or finding.
    """
    if finding is not None and finding not in findings:
        raise LedgerError(f"unknown finding '{finding}'; the table has {', '.join(findings)}")
    rows = database.execute("SELECT id, image, source FROM images WHERE ?1 IS NULL OR image = ?1", (image,)).fetchall()
    if not rows:
        raise LedgerError(f"unknown image '{image}'; spell it as column image of the table does")
    said = _said(database, findings, image, finding)
    parts = [_imported(database, findings, rows, finding), *([said] if len(said) else [])]
    frame = pd.concat(parts).sort_values(_ORDER, kind="stable", ignore_index=True)
    return frame[list(HISTORY)]


def _imported(
    database: sqlite3.Connection, findings: Sequence[str], rows: Sequence[tuple[int, str, str]], finding: str | None
) -> pd.DataFrame:
    """Round 0, one row a cell."""
    places = np.array([place for place, name in enumerate(findings) if finding in (None, name)])
    ids, images, sources = (np.array(values, dtype=object) for values in zip(*rows, strict=True))
    ids = ids.astype(np.int64)
    time, reason = database.execute("SELECT time, reason FROM batches WHERE id = 1").fetchone()
    codes = imported_states(database, findings)[np.ix_(ids, places)]
    each = len(places)
    return pd.DataFrame(
        {
            "row": np.repeat(ids, each),
            "place": np.tile(places, len(ids)),
            "batch": 1,
            "image": np.repeat(images, each),
            "finding": np.tile(np.array(findings, dtype=object)[places], len(ids)),
            "state": state_texts(codes.ravel()),
            "source": np.repeat(sources, each),
            "reader": "",
            "round": 0,
            "time": time,
            "reason": reason,
        }
    )


def _said(
    database: sqlite3.Connection, findings: Sequence[str], image: str | None, finding: str | None
) -> pd.DataFrame:
    """Verdicts, one row each."""
    query = (
        "SELECT v.image, v.batch, i.image, v.finding, v.state, v.source, v.reader, v.round, v.time, v.reason "
        "FROM verdicts v JOIN images i ON i.id = v.image "
        "WHERE (?1 IS NULL OR i.image = ?1) AND (?2 IS NULL OR v.finding = ?2)"
    )
    frame = pd.DataFrame(database.execute(query, (image, finding)).fetchall(), columns=["row", "batch", *HISTORY])
    return frame.assign(place=frame["finding"].map({name: place for place, name in enumerate(findings)}))
