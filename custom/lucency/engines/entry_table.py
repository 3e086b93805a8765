"""What both networks make of every known label, as a table: what a round of reading is ranked by."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import read_study_table
from ..errors import ConfigError, TableError
from ..files import first_few

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class TrainingLabels:
    """Observed labels of the training images.

    Args:
        images: N names, in the order of the images' index.
        patients: N, or None where the records name none.
        findings: L ids.
        targets: (N, L) float64 of 1, 0, or NaN for a label that is unknown or soft, and so neither right nor wrong.

    Example:
        >>> record = {"file": "a.png", "label": np.array([1, 0.7]), "index": 0}
        >>> labels = TrainingLabels.of([record], ["edema", "mass"])
        >>> labels.targets.tolist()
        [[1.0, nan]]
        >>> ones = np.ones((2, 1, 2))
        >>> frame = labels.entries(probabilities=0.5 * ones, losses=0.7 * ones, vog=None, keep=ones > 0)
        >>> frame[["image", "finding", "observed", "probability", "kept_second"]].values.tolist()
        [['a.png', 'edema', 1, 0.5, True]]
    """

    images: list[str]
    patients: list[str] | None
    findings: list[str]
    targets: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        data: Sequence[Mapping[str, Any]],
        findings: Sequence[str],
        table: str | Path | None = None,
        root: Path | None = None,
    ) -> Self:
        """Labels of training records.

        Args:
            data: as `load_records` gives them.
            findings: as given to it.
            table: study table that they were read from, for images to be called as there; by their path if not given.
            root: absolute folder that the table's image paths start from.

        Raises:
            ConfigError: indices are not 0 to N - 1, each once.
            TableError: a record's image is not in the table.
        """
        records = sorted(data, key=lambda record: record["index"])
        if [record["index"] for record in records] != list(range(len(records))):
            raise ConfigError(
                f"CoTeaching: index of data must be 0 to {len(records) - 1}, each once; read data with load_records"
            )
        labels = np.stack([np.asarray(record["label"], np.float64) for record in records])
        return cls(
            images=_names([str(record["file"]) for record in records], table, root),
            patients=[str(record["patient"]) for record in records] if "patient" in records[0] else None,
            findings=list(findings),
            targets=np.where((labels == 0) | (labels == 1), labels, np.nan),
        )

    def entries(
        self, *, probabilities: Array, losses: Array, vog: Array | None, keep: NDArray[np.bool_]
    ) -> pd.DataFrame:
        """One row a known label, sorted as the images and the findings are.

        Args:
            probabilities: (2, N, L) of the first and the second network.
            losses: (2, N, L).
            vog: (2, N, L), or None while there is none.
            keep: (2, N, L).

        Returns:
            Columns `image`, `patient`, `finding`, `observed` int8, and of the first network `probability`, `loss`,
            `vog` float32 (NaN while there is none) and `kept` bool, of the second the same with `_second`.
        """
        rows, columns = np.nonzero(~np.isnan(self.targets))
        frame = pd.DataFrame({"image": _texts(self.images, rows)})
        if self.patients is not None:
            frame["patient"] = _texts(self.patients, rows)
        frame["finding"] = _texts(self.findings, columns)
        frame["observed"] = self.targets[rows, columns].astype(np.int8)
        unmoved = np.full_like(losses, np.nan)
        numbers = {"probability": probabilities, "loss": losses, "vog": unmoved if vog is None else vog}
        for name, arrays in numbers.items():
            for suffix, array in zip(("", "_second"), arrays, strict=True):
                frame[name + suffix] = array[rows, columns].astype(np.float32)
        for suffix, mask in zip(("", "_second"), keep, strict=True):
            frame["kept" + suffix] = mask[rows, columns]
        return frame


def _texts(names: list[str], places: NDArray[np.intp]) -> pd.Series:
    return pd.Series(np.array(names, dtype=object)[places], dtype=str)


def _names(files: list[str], table: str | Path | None, root: Path | None) -> list[str]:
    """What the study table calls the images of these files."""
    if table is None:
        return files
    images = read_study_table(table, check_files=False)["image"]
    names = {os.path.join(str(root), image): image for image in images}
    missing = [file for file in files if file not in names]
    if missing:
        raise TableError(f"{table}: has no image {first_few(missing)}; give the table that data was read from")
    return [names[file] for file in files]
