"""The ledger: who said what of which label, when and why; nothing is ever changed, only added."""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import pandas as pd

from ...data.validation import finding_columns
from .batch import Batch, batch_of, begin_batch, digest_of
from .checks import Cells, wrong_questions, wrong_verdicts
from .entry import LabelEntry, utc_time
from .errors import LedgerError, RejectedEntriesError
from .file import create_file, open_file, writing
from .schema import QUESTIONS, ROUND_0, VERDICTS
from .table import check_table, store_table
from .view import LedgerView


class Ledger(LedgerView):
    """Labels of one study table and everything that readers said of them since, in one SQLite file.

    Round 0 is the table as it was imported. A round begins with questions (`ask`), cells of the table that are to
    be read; verdicts are recorded as answers to them, one of each reader. The label of a cell is what `Adjudication`
    makes of its verdicts in the latest round in which it was read, and the imported one before that; a label whose cell
    nobody was asked about never changes.

    A step (a table, questions, verdicts) is one transaction: recorded whole when the call returns, or not at all, also
    if the process is killed or the disk is full. Triggers in the file refuse to change or delete what is recorded. Any
    number of processes may read while one writes; a second writer waits for its turn. The file must lie on a local
    disk (SQLite's WAL mode).

    Use `create` or `open`, best in a `with` statement. One connection serves one thread.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "ledger.sqlite"
        >>> about = dict(patient="1", study="", view="PA", age=61.0, sex="F", source="nih")
        >>> frame = pd.DataFrame([{"image": f"{name}.png", **about, "mass": "positive"} for name in "ab"])
        >>> with Ledger.create(path, frame) as ledger:
        ...     _ = ledger.ask(1, [("b.png", "mass")], reason="large loss")
        ...     said = LabelEntry(
        ...         image="b.png", finding="mass", state="negative", source="reads.csv", reader="R1", round=1
        ...     )
        ...     _ = ledger.record([said])
        ...     ledger.frame(as_of_round=0)["mass"].tolist(), ledger.frame()["mass"].tolist()
        (['positive', 'positive'], ['positive', 'negative'])
    """

    @classmethod
    def create(cls, path: str | Path, frame: pd.DataFrame, *, reason: str = "import") -> Self:
        """Import a study table as round 0 of a ledger that does not exist yet, and open it.

        Args:
            path: of the file; missing folders are made.
            frame: as `read_study_table` returns it, with all its columns.
            reason: of the labels of round 0.

        Raises:
            TableError: not a valid study table.
            LedgerError: something is there already, or the file cannot be written; nothing is left behind.
        """
        path = Path(path)
        check_table(frame, str(path))

        def fill(database: sqlite3.Connection) -> None:
            store_table(database, frame)
            begin_batch(database, ROUND_0, ROUND_0, len(frame) * len(finding_columns(frame)), reason=reason)

        create_file(path, fill)
        return cls.open(path)

    @classmethod
    def open(cls, path: str | Path, *, read_only: bool = False, patience: float = 60.0) -> Self:
        """Open a ledger.

        Args:
            path: of the file.
            read_only: refuse to write; works in a folder that cannot be written, too.
            patience: seconds to wait while another process writes.

        Raises:
            TableError: no such file.
            LedgerError: another kind of file, one of a later version, or a damaged one.
        """
        path = Path(path)
        return cls(open_file(path, read_only=read_only, patience=patience), path)

    def ask(self, round: int, entries: Iterable[tuple[str, str]], *, reason: str = "", time: str = "") -> Batch:
        """Record which cells are to be read in a round; more can be added until the next round begins.

        Args:
            round: the present one or the next; rounds count from 1.
            entries: image and finding of each cell. One that was read in an earlier round may be asked again.
            reason: why these, such as the name of the selector.
            time: see `LabelEntry.time`.

        Raises:
            RejectedEntriesError: a cell is unknown, named twice or asked in this round already; nothing is recorded.
            LedgerError: no entry, another round, or the file cannot be written.
            LabelError: `time` is none.
        """
        round, entries = int(round), list(entries)
        digest = digest_of(QUESTIONS, [(round, *entry) for entry in entries])
        with writing(self._database, self.path):
            if (before := batch_of(self._database, digest)) is not None:
                return before
            self._check_next(round)
            cells = Cells(self._database, self.findings)
            self._reject("questions", wrong_questions(cells, set(self._asked(round)), entries), len(entries))
            batch = begin_batch(self._database, QUESTIONS, digest, len(entries), reason=reason, time=time)
            self._database.executemany(
                "INSERT INTO questions VALUES (?, ?, ?, ?)",
                [(round, cells.row(image), finding, batch.number) for image, finding in entries],
            )
        return batch

    def record(self, verdicts: Iterable[LabelEntry]) -> Batch:
        """Record verdicts, of one reader or several, of any rounds that were asked.

        Verdicts that were recorded before as one step, all of them and no other, are recognised and not added again
        (their times do not count). To record an export that grows, take `unrecorded` first.

        Args:
            verdicts: answers to questions, each reader's to a cell at most once in a round.

        Returns:
            The step; it is on disk.

        Raises:
            RejectedEntriesError: an image or finding is unknown, a cell was not asked in that round, a reader is blank
                or has a second verdict on a cell in one round, a state is no verdict, a time is none. `reasons` tells
                which and why; nothing is recorded.
            LedgerError: no verdict, or the file cannot be written.
        """
        verdicts = list(verdicts)
        digest = digest_of(VERDICTS, map(_content, verdicts))
        with writing(self._database, self.path):
            if (before := batch_of(self._database, digest)) is not None:
                return before
            cells = Cells(self._database, self.findings)
            self._reject(VERDICTS, wrong_verdicts(self._database, cells, verdicts), len(verdicts))
            batch = begin_batch(self._database, VERDICTS, digest, len(verdicts))
            self._database.executemany(
                "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_row(verdict, cells.row(verdict.image), batch.number) for verdict in verdicts],
            )
        return batch

    def unrecorded(self, verdicts: Iterable[LabelEntry]) -> list[LabelEntry]:
        """Verdicts that the ledger does not hold yet, for exports that repeat what they held the last time.

        One that differs in its state from the recorded verdict of the same reader on the same cell in the same round
        stays, and `record` rejects it.

        Args:
            verdicts: of any readers and rounds.
        """
        known = {_answer(verdict) for verdict in self.verdicts()}
        return [verdict for verdict in verdicts if _answer(verdict) not in known]

    def _check_next(self, round: int) -> None:
        last = self._last_round()
        open_rounds = [last, last + 1] if last else [1]
        if round not in open_rounds:
            choices = " or ".join(map(str, open_rounds))
            raise LedgerError(f"{self.path}: cannot ask in round {round}; after round {last} ask in {choices}")

    def _reject(self, kind: str, reasons: Mapping[int, str], total: int) -> None:
        if not total:
            raise LedgerError(f"{self.path}: no {kind} to record; give one or more")
        if reasons:
            raise RejectedEntriesError(self.path, kind, reasons, total)


def _answer(verdict: LabelEntry) -> tuple[int, str, str, str, str]:
    return (verdict.round, verdict.image, verdict.finding, verdict.reader, verdict.state)


def _content(verdict: LabelEntry) -> tuple[object, ...]:
    return (*_answer(verdict), verdict.source, verdict.reason)


def _row(verdict: LabelEntry, image: int | None, batch: int) -> tuple[object, ...]:
    said = (verdict.state, verdict.source, utc_time(verdict.time), verdict.reason)
    return (verdict.round, image, verdict.finding, verdict.reader, *said, batch)
