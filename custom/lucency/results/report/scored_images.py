"""The score table of an evaluation as arrays."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import TableError
from ...metrics.inputs import FloatArray, check_scores_and_targets, number_patients
from ..evaluation import PROBABILITY, TARGET, scored_findings

TEXTS = ("patient", "file", "sex", "view", "source", "device")
Calibrate = Callable[[str, FloatArray], FloatArray]
"""From a finding and probabilities of the network (N,) to calibrated ones."""


@dataclass(frozen=True, eq=False)
class ScoredImages:
    """N images with the probabilities and labels of L findings.

    Attributes:
        table: the score table.
        findings: ids.
        raw: (N, L) probabilities of the network.
        probabilities: (N, L) calibrated ones, or the same.
        targets: (N, L) 1, 0, or NaN for unknown.
        patients: (N,) ids.
    """

    table: pd.DataFrame
    findings: tuple[str, ...]
    raw: FloatArray
    probabilities: FloatArray
    targets: FloatArray
    patients: "np.ndarray[tuple[int], np.dtype[np.str_]]"

    @classmethod
    def read(cls, path: str | Path) -> "ScoredImages":
        """Read a score table: `scores.csv`, or the folder of the evaluate workflow that holds it.

        Raises:
            TableError: the table cannot be read or lacks a column, a patient or a row.
            LucencyError, LabelError: a probability or target is none.
        """
        path = scores_file(path)
        try:
            table = pd.read_csv(path, dtype=dict.fromkeys(TEXTS, str))
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise TableError(
                f"{path}: not readable ({reason}); run the evaluate workflow with this output_dir first"
            ) from error
        return cls.of(table, str(path))

    @classmethod
    def of(cls, table: pd.DataFrame, name: str = "score table") -> "ScoredImages":
        """Take a score table; `name` is what errors call it."""
        findings = tuple(scored_findings(table))
        scores, labels = (
            _numbers(table, [prefix + finding for finding in findings], name) for prefix in (PROBABILITY, TARGET)
        )
        raw, targets = (part.astype(np.float64) for part in check_scores_and_targets(scores, labels, findings))
        patients = table["patient"].astype(str).to_numpy(str)
        number_patients(patients, len(table))
        return cls(table.reset_index(drop=True), findings, raw, raw, targets, patients)

    def described(self, table: pd.DataFrame) -> "ScoredImages":
        """The same images with further columns in their table."""
        return dataclasses.replace(self, table=table)

    def calibrated(self, calibrate: Calibrate) -> "ScoredImages":
        """The same images with calibrated probabilities."""
        columns = [calibrate(finding, self.raw[:, column]) for column, finding in enumerate(self.findings)]
        return dataclasses.replace(self, probabilities=np.stack(columns, axis=1))


def scores_file(evaluation: str | Path) -> Path:
    """The score table of an evaluation, which may be given itself.

    Example:
        >>> scores_file("eval/scores.csv").as_posix(), scores_file("eval").as_posix()
        ('eval/scores.csv', 'eval/scores.csv')
    """
    path = Path(evaluation)
    return path if path.suffix == ".csv" else path / "scores.csv"


def _numbers(table: pd.DataFrame, columns: list[str], name: str) -> FloatArray:
    for column in columns:
        try:
            pd.to_numeric(table[column])
        except (TypeError, ValueError) as error:
            raise TableError(f"{name}: column {column} holds no number somewhere ({error}); write numbers") from error
    numbers: FloatArray = table[columns].apply(pd.to_numeric).to_numpy(np.float64)
    return numbers
