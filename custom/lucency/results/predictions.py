"""The table of predictions: a journal while the run goes on, CSV and JSON at its end."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from pydantic import BaseModel, ValidationError

from ..errors import LucencyError
from ..files import atomic_file
from .model_identity import ModelIdentity
from .schema import IDENTIFIERS, ImageResult, ResultDocument

DESCRIPTION = ("file", "status", "reason", "guard", "guard_reasons", "notes")
DECISION = "decision_"
RAW = "raw_"


class _Line(BaseModel):
    """A line of the journal: a result, and the state of the file that it is of."""

    state: str
    result: ImageResult


class _Entry(NamedTuple):
    place: int
    status: str
    state: str


class PredictionTable:
    """Results, one a file, that survive a kill; memory holds a file's name and its place in the journal, no result.

    Every batch is appended to `predictions.partial.jsonl`; `finish` writes `predictions.csv` and `predictions.json`
    and removes the journal. When a run of the same model with the same settings starts again, files that have their
    result are left out; a journal of another model or other settings is discarded, and `resume` forgets the results
    of files that are gone or were replaced.

    Args:
        folder: output folder.
        model: the model that answers.
        run: whatever else changes a result or says how it was made: site file, backend, guard.
    """

    def __init__(self, *, folder: str | Path, model: ModelIdentity, run: Mapping[str, Any] | None = None) -> None:
        self.folder = Path(folder)
        self.model = model
        self.run = dict(run or {})
        self._states: dict[str, str] = {}
        self._entries: dict[str, _Entry] = {}
        self._end = 0  # of the journal, as far as this run knows
        self._recover()

    @property
    def journal(self) -> Path:
        """Path of the journal of an unfinished run."""
        return self.folder / "predictions.partial.jsonl"

    @property
    def head(self) -> dict[str, Any]:
        """What stands above the results in `predictions.json`."""
        return ResultDocument(model=self.model, run=self.run).model_dump(mode="json", exclude={"results"})

    @property
    def statuses(self) -> Counter[str]:
        """How many files have each status."""
        return Counter(entry.status for entry in self._entries.values())

    def resume(self, states: Mapping[str, str]) -> None:
        """Say which files the run is of; the results of others, and of files that have changed, are forgotten.

        Args:
            states: file to a text that changes with its content, such as a time.
        """
        self._states = dict(states)
        self._entries = {file: entry for file, entry in self._entries.items() if states.get(file) == entry.state}

    def is_done(self, file: str) -> bool:
        """Tell whether the file has its result already."""
        return file in self._entries

    def add(self, results: Sequence[ImageResult]) -> None:
        """Append results to the journal.

        Raises:
            LucencyError: the journal cannot be written, for instance because the disk is full, or another run writes
                it too.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self.journal.open("ab") as journal:
                self._check_alone(journal.tell())
                if journal.tell() == 0:
                    journal.write(self._first_line)
                for result in results:
                    place = journal.tell()
                    line = _Line(state=self._states.get(result.file, ""), result=result)
                    journal.write(f"{line.model_dump_json()}\n".encode())
                    self._note(line, place)
                self._end = journal.tell()
        except OSError as error:
            raise LucencyError(
                f"{self.journal}: cannot be written ({error.strerror}); free space and run again"
            ) from error

    def finish(self, answered_by: str | None = None) -> tuple[Path, Path]:
        """Write both tables, sorted by file, and drop the journal.

        Args:
            answered_by: backend and precision that computed, which ``backend: auto`` only knows afterwards.

        Raises:
            LucencyError: a table cannot be written, or another run writes to the folder too.
        """
        self._check_alone(self.journal.stat().st_size if self.journal.is_file() else 0)
        table, document = self.folder / "predictions.csv", self.folder / "predictions.json"
        with atomic_file(table) as file:
            self._write_csv(io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True))
        with atomic_file(document) as file:
            self._write_json(file, {"answered_by": answered_by} if answered_by else {})
        self.journal.unlink(missing_ok=True)
        self._end = 0
        return table, document

    def results(self) -> Iterator[ImageResult]:
        """Read the results of the unfinished run back, sorted by file."""
        if not self._entries:
            return
        with self.journal.open("rb") as journal:
            for file in sorted(self._entries):
                journal.seek(self._entries[file].place)
                yield _Line.model_validate_json(journal.readline()).result

    def _check_alone(self, end: int) -> None:
        if end != self._end:
            raise LucencyError(
                f"{self.folder}: another run writes its results here; let it finish, or give another folder"
            )

    @property
    def _first_line(self) -> bytes:
        return f"{json.dumps(self.head, sort_keys=True)}\n".encode()

    def _note(self, line: _Line, place: int) -> None:
        self._entries[line.result.file] = _Entry(place, line.result.status, line.state)

    def _write_csv(self, file: IO[str]) -> None:
        columns = [*DESCRIPTION, *IDENTIFIERS]
        columns += [f"{prefix}{finding}" for prefix in ("", RAW, DECISION) for finding in self.model.findings]
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(csv_row, self.results()))
        file.detach()  # type: ignore[attr-defined] # the file below is closed by whoever opened it

    def _write_json(self, file: IO[bytes], afterwards: Mapping[str, str]) -> None:
        head = json.dumps({**self.head, "run": {**self.run, **afterwards}}, indent=2).removesuffix("\n}")
        file.write(f'{head},\n  "results": ['.encode())
        for number, result in enumerate(self.results()):
            file.write(f"{',' if number else ''}\n    {result.model_dump_json()}".encode())
        file.write(b"\n  ]\n}\n")

    def _recover(self) -> None:
        if not self.journal.is_file():
            return
        with self.journal.open("r+b") as journal:
            if journal.readline() == self._first_line:
                place = journal.tell()
                with suppress(ValidationError):  # a kill can leave half a line, a power cut zeros
                    while (line := journal.readline()).endswith(b"\n"):
                        self._note(_Line.model_validate_json(line), place)
                        place = journal.tell()
                journal.truncate(place)
                self._end = place
                return
        self.journal.unlink()


def csv_row(result: ImageResult) -> dict[str, str]:
    """Lay out one result as a row: calibrated probability, raw probability and decision in columns of their own."""
    row = {
        "file": result.file,
        "status": result.status,
        "reason": result.reason,
        "guard": result.guard.outcome,
        "guard_reasons": "; ".join(result.guard.reasons),
        "notes": "; ".join(result.notes),
        **result.identifiers,
    }
    for answer in result.findings:
        row[answer.finding] = f"{answer.probability:.6f}"
        row[RAW + answer.finding] = f"{answer.raw_probability:.6f}"
        row[DECISION + answer.finding] = answer.decision or ""
    return row
