"""What a ledger tells: the table as of any round, the questions, the verdicts, the history of a label."""

import json
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

import pandas as pd

from ..adjudication import Adjudication
from .entry import LabelEntry
from .errors import LedgerError
from .file import reading
from .history import HISTORY, label_history
from .table import Reading, rebuilt_table

_ALL = 2**62  # more rounds and batches than there will be


class LedgerView:
    """The reading half of `Ledger`; each call sees one whole state of the file, whatever others write meanwhile.

    Args:
        database: connection to an opened ledger; closed by `close`.
        path: named in errors.
    """

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self.path = path
        with reading(database, path):
            (findings,) = database.execute("SELECT findings FROM study_table").fetchone()
        self.findings: tuple[str, ...] = tuple(json.loads(findings))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was recorded is on disk since then already."""
        self._database.close()

    @property
    def last_round(self) -> int:
        """The round in which questions were asked last; 0 before the first."""
        with reading(self._database, self.path):
            return self._last_round()

    def frame(
        self,
        as_of_round: int | None = None,
        *,
        adjudication: Adjudication = Adjudication(),  # noqa: B008 (frozen)
        as_of_batch: int | None = None,
    ) -> pd.DataFrame:
        """The study table as of a round.

        Cells that were read by then have the state that `adjudication` makes of the verdicts of the latest such round;
        all others have that of round 0. A cell that was read is labelled (column `labelled`), no longer implied
        (`implied`), and `share_<finding>` is the share of positive verdicts among those that decide.

        Args:
            as_of_round: the last round that counts; all if not given. 0 gives the imported table.
            adjudication: rule for cells with several verdicts.
            as_of_batch: the last step that counts, `Batch.number`. A round's table changes when a reader answers late;
                with the step it can be rebuilt as it was.

        Returns:
            Rows, columns and dtypes as `read_study_table` returned them before the import. Relative image paths
            start from where they started then.

        Raises:
            LedgerError: there is no such round.
        """
        with reading(self._database, self.path):
            self._check_round(as_of_round)
            readings = self._readings(as_of_round, adjudication, as_of_batch)
            return rebuilt_table(self._database, readings)

    def asked(self, round: int | None = None) -> list[tuple[str, str]]:
        """Image and finding of each question of a round, or of any, each once, in the order of the table.

        Raises:
            LedgerError: there is no such round.
        """
        with reading(self._database, self.path):
            self._check_round(round)
            return self._asked(round)

    def verdicts(self, round: int | None = None) -> list[LabelEntry]:
        """Every verdict of a round, or of all, as recorded; by round, then in the order of the table.

        Raises:
            LedgerError: there is no such round.
        """
        with reading(self._database, self.path):
            self._check_round(round)
            rows = self._database.execute(
                "SELECT i.image, v.finding, v.state, v.source, v.reader, v.round, v.time, v.reason "
                "FROM verdicts v JOIN images i ON i.id = v.image WHERE ?1 IS NULL OR v.round = ?1 "
                "ORDER BY v.round, v.image, v.finding, v.reader",
                (round,),
            )
            return [LabelEntry(**dict(zip(HISTORY, row, strict=True))) for row in rows]

    def history(self, image: str | None = None, finding: str | None = None) -> pd.DataFrame:
        """Every state that every label ever had, and who gave it.

        Args:
            image: only its labels.
            finding: only its labels.

        Returns:
            Columns as the attributes of `LabelEntry`; a row for each cell in round 0 and for each verdict; sorted by
            row of the table, finding, round, and the order of recording.

        Raises:
            LedgerError: unknown image or finding.
        """
        with reading(self._database, self.path):
            return label_history(self._database, self.findings, image, finding)

    def rounds(self) -> pd.DataFrame:
        """One row a round, from 1: `round`, `asked` cells, `read` cells with a verdict, `verdicts`, `readers`, `begun`.

        `begun` is the time of the round's first question, UTC.
        """
        query = """
            SELECT q.round, count(*), (SELECT count(*) FROM (SELECT DISTINCT image, finding FROM verdicts v
            WHERE v.round = q.round)), (SELECT count(*) FROM verdicts v WHERE v.round = q.round),
            (SELECT count(DISTINCT reader) FROM verdicts v WHERE v.round = q.round), min(b.time)
            FROM questions q JOIN batches b ON b.id = q.batch GROUP BY q.round ORDER BY q.round
        """
        with reading(self._database, self.path):
            rows = self._database.execute(query).fetchall()
        return pd.DataFrame(rows, columns=["round", "asked", "read", "verdicts", "readers", "begun"])

    def _last_round(self) -> int:
        return int(self._database.execute("SELECT coalesce(max(round), 0) FROM questions").fetchone()[0])

    def _check_round(self, round: int | None) -> None:
        last = self._last_round()
        if round is not None and round not in range(last + 1):
            raise LedgerError(f"{self.path}: has no round {round}; its last one is {last}")

    def _asked(self, round: int | None) -> list[tuple[str, str]]:
        first, last = (1, _ALL) if round is None else (round, round)
        rows = self._database.execute(
            "SELECT DISTINCT i.image, q.finding, i.id FROM questions q JOIN images i ON i.id = q.image "
            "WHERE q.round BETWEEN ? AND ?",
            (first, last),
        )
        place = {finding: at for at, finding in enumerate(self.findings)}
        return [row[:2] for row in sorted(rows, key=lambda row: (row[2], place[row[1]]))]

    def _readings(self, round: int | None, rule: Adjudication, batch: int | None) -> dict[tuple[int, str], Reading]:
        rows = self._database.execute(
            "SELECT round, image, finding, reader, state FROM verdicts WHERE round <= ? AND batch <= ? ORDER BY round",
            (_ALL if round is None else round, _ALL if batch is None else batch),
        )
        latest: dict[tuple[int, str], tuple[int, dict[str, str]]] = {}
        for when, image, finding, reader, state in rows:
            cell = (image, finding)
            if cell not in latest or latest[cell][0] < when:
                latest[cell] = (when, {})
            latest[cell][1][reader] = state
        return {cell: Reading(said, rule(said)) for cell, (_, said) in latest.items()}
