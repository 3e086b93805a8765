"""What is wrong with questions and verdicts, entry by entry, before any of them is recorded."""

import difflib
import re
import sqlite3
from collections.abc import Sequence

from ...errors import LabelError
from ...labels import LabelState
from .entry import LabelEntry, is_utf8, utc_time

_VERDICTS = (LabelState.POSITIVE.value, LabelState.NEGATIVE.value, LabelState.UNCERTAIN.value)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # a damaged file, and two names that look like one
_ROUNDS = 2**31  # a larger number is none that SQLite could look up


class Cells:
    """Images and findings of a ledger, looked up by name.

    Args:
        database: of the ledger.
        findings: ids of the table's findings.
    """

    def __init__(self, database: sqlite3.Connection, findings: Sequence[str]) -> None:
        self._database = database
        self._findings = list(findings)
        self._rows: dict[str, int | None] = {}

    def row(self, image: str) -> int | None:
        """Row of the image in the table, None for an unknown one."""
        if image not in self._rows:
            found = self._database.execute("SELECT id FROM images WHERE image = ?", (image,)).fetchone()
            self._rows[image] = found and found[0]
        return self._rows[image]

    def complaint(self, image: str, finding: str) -> str | None:
        """Why there is no such cell; None if there is."""
        if not all(isinstance(text, str) and is_utf8(text) for text in (image, finding)):
            return f"image {image!r}, finding {finding!r} is no text"
        if self.row(image) is None:
            return f"unknown image '{image}'"
        if finding not in self._findings:
            near = difflib.get_close_matches(finding, self._findings, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"the table has {', '.join(self._findings)}"
            return f"unknown finding '{finding}' of '{image}'; {hint}"
        return None


def wrong_questions(cells: Cells, asked: set[tuple[str, str]], entries: Sequence[tuple[str, str]]) -> dict[int, str]:
    """Reasons by position: no such cell, named twice, asked already.

    Args:
        cells: of the ledger.
        asked: image and finding of the questions of this round.
        entries: image and finding.
    """
    reasons: dict[int, str] = {}
    seen: set[tuple[str, str]] = set()
    for at, (image, finding) in enumerate(entries):
        reason = cells.complaint(image, finding)
        if reason is None and (image, finding) in asked:
            reason = f"{finding} of '{image}' was asked in this round already"
        if reason is None and (image, finding) in seen:
            reason = f"{finding} of '{image}' is named twice"
        if reason is not None:
            reasons[at] = reason
        seen.add((image, finding))
    return reasons


def wrong_verdicts(database: sqlite3.Connection, cells: Cells, verdicts: Sequence[LabelEntry]) -> dict[int, str]:
    """Reasons by position: no such cell, not asked, no verdict, no reader, no time, a second verdict."""
    reasons: dict[int, str] = {}
    seen: dict[tuple[int, str, str, str], int] = {}
    for at, verdict in enumerate(verdicts):
        reason = cells.complaint(verdict.image, verdict.finding) or _malformed(verdict)
        if reason is None:
            first = seen.setdefault((verdict.round, verdict.image, verdict.finding, verdict.reader), at)
            if first != at:
                reason = f"a second verdict of reader '{verdict.reader}' on {_cell(verdict)}, beside entry {first + 1}"
            else:
                reason = _unwelcome(database, cells.row(verdict.image), verdict)
        if reason is not None:
            reasons[at] = reason
    return reasons


def _malformed(verdict: LabelEntry) -> str | None:
    texts = (verdict.state, verdict.source, verdict.reader, verdict.time, verdict.reason)
    if not all(isinstance(text, str) and is_utf8(text) for text in texts):
        return f"the verdict on {_cell(verdict)} holds what is no text"
    if verdict.state not in _VERDICTS:
        return f"'{verdict.state}' for {_cell(verdict)} is no verdict; use {', '.join(_VERDICTS)}"
    if not verdict.reader or verdict.reader != verdict.reader.strip() or _CONTROL.search(verdict.reader):
        return (
            f"reader of {_cell(verdict)} is {verdict.reader!r}; "
            "give a name without blanks around it or control characters in it"
        )
    try:
        utc_time(verdict.time)
    except LabelError as error:
        return str(error)
    return None


def _unwelcome(database: sqlite3.Connection, row: int | None, verdict: LabelEntry) -> str | None:
    cell = (verdict.round, row, verdict.finding)
    asked = "SELECT 1 FROM questions WHERE round = ? AND image = ? AND finding = ?"
    if not 0 < verdict.round < _ROUNDS or database.execute(asked, cell).fetchone() is None:
        return f"{_cell(verdict)} was not asked in round {verdict.round}"
    given = "SELECT state FROM verdicts WHERE round = ? AND image = ? AND finding = ? AND reader = ?"
    known = database.execute(given, (*cell, verdict.reader)).fetchone()
    if known is not None:
        return f"reader '{verdict.reader}' has said {known[0]} of {_cell(verdict)} in round {verdict.round} already"
    return None


def _cell(verdict: LabelEntry) -> str:
    return f"{verdict.finding} of '{verdict.image}'"
