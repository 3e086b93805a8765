"""Steps of a ledger: what was recorded in one transaction, and how the same is known again."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .entry import utc_time


@dataclass(frozen=True)
class Batch:
    """A step of the ledger, on disk.

    Attributes:
        number: counts from 1, the import.
        entries: how many questions or verdicts it holds.
        repeated: whether the very same entries had been recorded before, so that nothing was added.
    """

    number: int
    entries: int
    repeated: bool = False


def digest_of(kind: str, entries: Iterable[Sequence[object]]) -> str:
    """SHA-256 (hex) of entries, in whatever order they come.

    Example:
        >>> digest_of("questions", [(1, "b.png"), (1, "a.png")]) == digest_of("questions", [(1, "a.png"), (1, "b.png")])
        True
    """
    lines = sorted(json.dumps(list(entry), default=repr) for entry in entries)
    return hashlib.sha256("\n".join([kind, *lines]).encode()).hexdigest()


def batch_of(database: sqlite3.Connection, digest: str) -> Batch | None:
    """The step that holds the very same entries, if there is one."""
    row = database.execute("SELECT id, entries FROM batches WHERE digest = ?", (digest,)).fetchone()
    return Batch(number=row[0], entries=row[1], repeated=True) if row else None


def begin_batch(
    database: sqlite3.Connection, kind: str, digest: str, entries: int, *, reason: str = "", time: str = ""
) -> Batch:
    """Write the head of a step, inside a transaction.

    Raises:
        LabelError: `time` is none.
    """
    query = "INSERT INTO batches SELECT coalesce(max(id), 0) + 1, ?, ?, ?, ?, ? FROM batches RETURNING id"
    (number,) = database.execute(query, (kind, digest, entries, utc_time(time), reason)).fetchone()
    return Batch(number, entries)
