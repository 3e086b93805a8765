"""What the process that holds the list of files and the table of predictions needs for each file."""

import gc
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lucency.inference import list_radiographs
from lucency.results import PredictionTable
from lucency.results.model_identity import ModelIdentity
from lucency.results.schema import IDENTIFIERS, FindingResult, GuardResult, ImageResult

UID = "1.2.840.113619.2.25.4.2147483647.1700000000."
"""Of 44 digits and dots; with a running number about as long as those of real archives."""
BATCH = 100


@dataclass(frozen=True)
class Driver:
    """Bytes for each file.

    Attributes:
        memory: of Python objects in the process.
        journal: of `predictions.partial.jsonl`, while it runs.
        tables: of `predictions.csv` and `predictions.json` together.
    """

    memory: float
    journal: float
    tables: float


def measure(folder: Path, files: int, findings: int) -> Driver:
    """List so many empty files and give each a result of so many findings, as `lucency predict` does."""
    (folder / "in").mkdir()
    for number in range(files):
        (folder / "in" / f"{UID}{number:07}.dcm").touch()
    names = [f"finding_{number:02}" for number in range(findings)]
    model = ModelIdentity(name="model", version="1", findings=tuple(names), weights_sha256=None)
    answers = np.random.default_rng(0).random((BATCH, findings))
    tracemalloc.start()
    table = PredictionTable(folder=folder / "out", model=model)
    records = list_radiographs(folder / "in", journal=table)
    for start in range(0, files, BATCH):
        batch = enumerate(records[start : start + BATCH])
        table.add([_result(r["file"], dict(zip(names, answers[n].tolist(), strict=True))) for n, r in batch])
    gc.collect()
    memory, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    journal = table.journal.stat().st_size
    tables = sum(path.stat().st_size for path in table.finish())
    return Driver(memory / files, journal / files, tables / files)


def _result(file: str, answers: dict[str, float]) -> ImageResult:
    return ImageResult(
        file=file,
        status="ok",
        reason="",
        identifiers={name: file.removesuffix(".dcm") if name.endswith("uid") else "12345678" for name in IDENTIFIERS},
        guard=GuardResult(outcome="accept"),
        findings=tuple(FindingResult(finding=n, probability=p, raw_probability=p) for n, p in answers.items()),
    )
