"""The table of predictions: a journal while the run goes on, CSV and JSON at its end."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import LucencyError
from ..files import write_atomically

DESCRIPTION = ("file", "status", "reason")


class PredictionTable:
    """Rows of predictions, one a file, that survive a kill.

    Every batch is appended to `predictions.partial.jsonl`; `finish` writes `predictions.csv` and `predictions.json`
    and removes the journal. When a run with the same weights and settings starts again, files that have their row are
    left out; a journal of other weights or settings is discarded.

    Args:
        folder: output folder.
        findings: finding ids, in the order of the network's outputs.
        weights: weights file; its SHA-256 goes into the JSON and ties the journal to it.
        settings: whatever else changes a prediction (image size, cropping).
    """

    def __init__(
        self,
        *,
        folder: str | Path,
        findings: Sequence[str],
        weights: str | Path,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.findings = list(findings)
        path = Path(weights)
        self.model = {
            "lucency": __version__,
            "weights_sha256": hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None,
            "findings": self.findings,
            "settings": dict(settings or {}),
        }
        self.rows: dict[str, dict[str, Any]] = {}
        self._recover()

    @property
    def journal(self) -> Path:
        """Path of the journal of an unfinished run."""
        return self.folder / "predictions.partial.jsonl"

    @property
    def _first_line(self) -> str:
        return json.dumps({"model": self.model}) + "\n"

    def is_done(self, file: str) -> bool:
        """Tell whether the file has its row already."""
        return file in self.rows

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Append rows to the journal.

        Raises:
            LucencyError: the journal cannot be written, for instance because the disk is full.
        """
        fresh = not self.journal.exists()
        lines = [json.dumps(row) + "\n" for row in rows]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self.journal.open("a") as file:
                file.writelines([self._first_line, *lines] if fresh else lines)
        except OSError as error:
            raise LucencyError(
                f"{self.journal}: cannot be written ({error.strerror}); free space and run again"
            ) from error
        self.rows.update((row["file"], row) for row in rows)

    def finish(self) -> tuple[Path, Path]:
        """Write both tables, sorted by file, and drop the journal."""
        rows = [self.rows[file] for file in sorted(self.rows)]
        table = write_atomically(self.folder / "predictions.csv", self._as_csv(rows))
        content = json.dumps({"model": self.model, "results": rows}, indent=2) + "\n"
        document = write_atomically(self.folder / "predictions.json", content)
        self.journal.unlink(missing_ok=True)
        return table, document

    def _as_csv(self, rows: list[dict[str, Any]]) -> str:
        described = [name for name in rows[0] if name not in (*DESCRIPTION, "probabilities")] if rows else []
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*DESCRIPTION, *described, *self.findings])
        for row in rows:
            probabilities = row["probabilities"] or {}
            writer.writerow(
                [row[name] for name in (*DESCRIPTION, *described)]
                + [f"{probabilities[finding]:.6f}" if finding in probabilities else "" for finding in self.findings]
            )
        return text.getvalue()

    def _recover(self) -> None:
        try:
            lines = self.journal.read_text().splitlines(keepends=True)
        except OSError:
            return
        whole = [line for line in lines if line.endswith("\n")]  # a kill can leave half a line
        if not whole or whole[0] != self._first_line:
            self.journal.unlink()
            return
        if len(whole) < len(lines):
            write_atomically(self.journal, "".join(whole))
        self.rows = {row["file"]: row for row in map(json.loads, whole[1:])}
