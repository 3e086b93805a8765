"""What can go wrong with a ledger, in one line each."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ...errors import LucencyError
from ...files import first_few


class LedgerError(LucencyError):
    """A ledger that cannot be read or written, or a request that it refuses."""


class RejectedEntriesError(LedgerError):
    """Questions or verdicts of which some are wrong, so that none of them is recorded.

    Args:
        path: of the ledger.
        kind: what the entries are called.
        reasons: what is wrong, by the position of the entry, from 0.
        total: number of entries.

    Example:
        >>> raise RejectedEntriesError("ledger.sqlite", "verdicts", {4: "reader is blank"}, total=9)
        Traceback (most recent call last):
        ...
        lucency.refine.ledger.errors.RejectedEntriesError: ledger.sqlite: 1 of 9 verdicts is wrong, so that none is
        recorded: 5th (reader is blank); mend it or take it out
    """

    def __init__(self, path: str | Path, kind: str, reasons: Mapping[int, str], total: int) -> None:
        self.reasons = dict(sorted(reasons.items()))
        wrong, mend = ("is", "it") if len(reasons) == 1 else ("are", "them")
        named = first_few([f"{_ordinal(at + 1)} ({reason})" for at, reason in self.reasons.items()])
        super().__init__(
            f"{path}: {len(reasons)} of {total} {kind} {wrong} wrong, so that none is recorded: {named}; "
            f"mend {mend} or take {mend} out"
        )


@contextmanager
def sqlite_errors(path: str | Path) -> Iterator[None]:
    """Turn what SQLite says of the file at `path` into a `LedgerError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerError(f"{path}: {_complaint(error)}") from error


def _complaint(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind, the rest its cause
    return _COMPLAINTS.get(code, "SQLite refuses: {error}").format(error=error)


_NOT_KEPT = "nothing of this step is kept, what was recorded before is whole"
_COMPLAINTS = {
    sqlite3.SQLITE_BUSY: "another process keeps writing to it; wait for that one and repeat",
    sqlite3.SQLITE_FULL: f"the disk is full; {_NOT_KEPT}; free space and repeat",
    sqlite3.SQLITE_IOERR: f"cannot be read or written ({{error}}); {_NOT_KEPT}; look after the disk and repeat",
    sqlite3.SQLITE_READONLY: "cannot be written; open it without read_only, where you may write file and folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened ({error}); look after the permissions of the file and its folder",
    sqlite3.SQLITE_NOTADB: "is no ledger; name a file that Ledger.create made",
    sqlite3.SQLITE_CORRUPT: "is damaged ({error}); restore a copy, or save what is left with 'sqlite3 FILE .recover'",
}


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
