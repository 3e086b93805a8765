"""The table of predictions: a journal while the run goes on, CSV and JSON at its end."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from ..errors import LucencyError
from ..files import atomic_file
from .model_identity import ModelIdentity
from .schema import IDENTIFIERS, ImageResult, ResultDocument

DESCRIPTION = ("file", "status", "reason", "guard", "guard_reasons", "notes")
DECISION = "decision_"
RAW = "raw_"


class PredictionTable:
    """Results, one a file, that survive a kill; memory holds a file's name and its place in the journal, no result.

    Every batch is appended to `predictions.partial.jsonl`; `finish` writes `predictions.csv` and `predictions.json`
    and removes the journal. When a run of the same model with the same settings starts again, files that have their
    result are left out; a journal of another model or other settings is discarded.

    Args:
        folder: output folder.
        model: the model that answers.
        run: whatever else changes a result or says how it was made: site file, backend, guard.
    """

    def __init__(self, *, folder: str | Path, model: ModelIdentity, run: Mapping[str, Any] | None = None) -> None:
        self.folder = Path(folder)
        self.model = model
        self.run = dict(run or {})
        self.statuses: Counter[str] = Counter()
        self._places: dict[str, int] = {}
        self._recover()

    @property
    def journal(self) -> Path:
        """Path of the journal of an unfinished run."""
        return self.folder / "predictions.partial.jsonl"

    @property
    def head(self) -> dict[str, Any]:
        """What stands above the results in `predictions.json`."""
        return ResultDocument(model=self.model, run=self.run).model_dump(mode="json", exclude={"results"})

    def is_done(self, file: str) -> bool:
        """Tell whether the file has its result already."""
        return file in self._places

    def add(self, results: Sequence[ImageResult]) -> None:
        """Append results to the journal.

        Raises:
            LucencyError: the journal cannot be written, for instance because the disk is full.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self.journal.open("ab") as journal:
                if journal.tell() == 0:
                    journal.write(self._first_line)
                for result in results:
                    place = journal.tell()
                    journal.write(f"{result.model_dump_json()}\n".encode())
                    self._note(result, place)
        except OSError as error:
            raise LucencyError(
                f"{self.journal}: cannot be written ({error.strerror}); free space and run again"
            ) from error

    def finish(self) -> tuple[Path, Path]:
        """Write both tables, sorted by file, and drop the journal."""
        table, document = self.folder / "predictions.csv", self.folder / "predictions.json"
        with atomic_file(table) as file:
            self._write_csv(io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True))
        with atomic_file(document) as file:
            self._write_json(file)
        self.journal.unlink(missing_ok=True)
        return table, document

    def results(self) -> Iterator[ImageResult]:
        """Read the results of the unfinished run back, sorted by file."""
        if not self._places:
            return
        with self.journal.open("rb") as journal:
            for file in sorted(self._places):
                journal.seek(self._places[file])
                yield ImageResult.model_validate_json(journal.readline())

    @property
    def _first_line(self) -> bytes:
        return f"{json.dumps(self.head, sort_keys=True)}\n".encode()

    def _note(self, result: ImageResult, place: int) -> None:
        self._places[result.file] = place
        self.statuses[result.status] += 1

    def _write_csv(self, file: IO[str]) -> None:
        columns = [*DESCRIPTION, *IDENTIFIERS]
        columns += [f"{prefix}{finding}" for prefix in ("", RAW, DECISION) for finding in self.model.findings]
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(csv_row, self.results()))
        file.detach()  # type: ignore[attr-defined] # the file below is closed by whoever opened it

    def _write_json(self, file: IO[bytes]) -> None:
        head = json.dumps(self.head, indent=2).removesuffix("\n}")
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
                for line in iter(journal.readline, b""):
                    if line.endswith(b"\n"):
                        self._note(ImageResult.model_validate_json(line), place)
                        place = journal.tell()
                journal.truncate(place)  # a kill can leave half a line
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
