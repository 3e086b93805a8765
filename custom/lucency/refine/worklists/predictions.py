"""What a model makes of the labels of a study table: all that a ranking looks at."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data.table_files import read_raw, read_text
from ...data.validation import finding_columns
from ...errors import TableError
from ...files import first_few
from ...labels import encode_states
from ...labels.states import NEGATIVE, POSITIVE
from ...results.evaluation import PROBABILITY
from ..entries import BoolArray, FloatArray
from ..named_cells import named_cells

_COLUMNS = ("image", "finding", "observed", "probability")


@dataclass(frozen=True, eq=False)
class LabelledPredictions:
    """Probabilities beside observed labels, (N, C) float64 each.

    Attributes:
        images: N names, as the study table spells them and in its order.
        findings: C ids, in the order of the table.
        probabilities: of the first network; NaN where there is none.
        targets: 1, 0, or NaN for a label that is not known, or has no probability beside it.
        second: of a second network, or None.
        vog: variance of gradients, the mean of both networks', or None.
    """

    images: list[str]
    findings: list[str]
    probabilities: FloatArray
    targets: FloatArray
    second: FloatArray | None = None
    vog: FloatArray | None = None

    @classmethod
    def of_entries(cls, path: str | Path, frame: pd.DataFrame, asked: set[tuple[str, str]]) -> Self:
        """From `entries.parquet` of a co-teaching run; its labels are those that the networks learned from.

        Args:
            path: of the file; a .csv of its columns will do.
            frame: study table as it is now, such as `Ledger.frame()`.
            asked: image and finding of every question so far; their labels may differ from the run's.

        Raises:
            TableError: the file does not hold what it must, or is of another table.
        """
        entries = read_raw(path)
        missing = [column for column in _COLUMNS if column not in entries]
        if missing:
            raise TableError(f"{path}: column {first_few(missing)} is missing; give entries.parquet of a run")
        rows, columns = _positions(path, frame, entries["image"], entries["finding"].astype(str))
        shape = (len(frame), len(finding_columns(frame)))

        def array(name: str) -> FloatArray:
            filled = np.full(shape, np.nan)
            filled[rows, columns] = _numbers(path, entries[name])
            return filled

        targets = array("observed")
        _check_labels(path, frame, targets, asked)
        return cls._of(
            frame,
            np.unique(rows),
            np.unique(columns),
            array("probability"),
            targets,
            array("probability_second") if "probability_second" in entries else None,
            _mean([array(name) for name in ("vog", "vog_second") if name in entries]),
        )

    @classmethod
    def of_scores(cls, path: str | Path, frame: pd.DataFrame, image_root: str | Path | None = None) -> Self:
        """From probabilities of a model that did not train on these images; labels are those of the table.

        Args:
            path: table with a column `file` and columns `probability_<finding>`, such as `scores.csv` of the evaluate
                workflow, `predictions.csv` of `lucency predict`. Rows whose `status` is not ok are left out.
            frame: study table as it is now.
            image_root: folder that image paths of the table start from, for files that have a longer path there.

        Raises:
            TableError: the file does not hold what it must, or is of another table.
        """
        scores = read_text(path)
        taught = finding_columns(frame)
        if "file" not in scores or not any(PROBABILITY + finding in scores for finding in taught):
            raise TableError(
                f"{path}: has no column file, or no probability_<finding> of the ledger's findings; "
                "give scores.csv of the evaluate workflow"
            )
        if "status" in scores:
            scores = scores[scores["status"].eq("ok")]
        images = _names(scores["file"], set(frame["image"]), image_root)
        rows, _ = _positions(path, frame, images, pd.Series(taught[0], index=images.index))
        states = encode_states(frame[taught])
        targets = np.where(states == POSITIVE, 1.0, np.where(states == NEGATIVE, 0.0, np.nan))
        probabilities = np.full(targets.shape, np.nan)
        for place, finding in enumerate(taught):
            if PROBABILITY + finding in scores:
                probabilities[rows, place] = _numbers(path, scores[PROBABILITY + finding])
        predicted = [place for place, finding in enumerate(taught) if PROBABILITY + finding in scores]
        return cls._of(frame, np.unique(rows), np.array(predicted), probabilities, targets)

    @classmethod
    def _of(
        cls,
        frame: pd.DataFrame,
        rows: NDArray[np.intp],
        columns: NDArray[np.intp],
        probabilities: FloatArray,
        targets: FloatArray,
        second: FloatArray | None = None,
        vog: FloatArray | None = None,
    ) -> Self:
        part = np.ix_(rows, columns)
        taught = finding_columns(frame)
        return cls(
            images=frame["image"].iloc[rows].tolist(),
            findings=[taught[column] for column in columns],
            probabilities=probabilities[part],
            targets=np.where(np.isnan(probabilities[part]), np.nan, targets[part]),
            second=None if second is None else second[part],
            vog=None if vog is None else vog[part],
        )

    def cells(self, named: set[tuple[str, str]]) -> BoolArray:
        """(N, C) True for the cells that are named; others than these images and findings are of no account."""
        rows = {image: row for row, image in enumerate(self.images)}
        columns = {finding: column for column, finding in enumerate(self.findings)}
        mask = np.zeros(self.targets.shape, dtype=bool)
        for image, finding in named:
            if image in rows and finding in columns:
                mask[rows[image], columns[finding]] = True
        return mask


def _positions(
    path: str | Path, frame: pd.DataFrame, images: pd.Series, findings: pd.Series
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of each named cell in the study table, each once."""
    if not len(images):
        raise TableError(f"{path}: holds no row to rank; give a table with one or more")
    cells = pd.DataFrame({"image": images, "finding": findings})
    mend = "give predictions of the ledger's table, and --image-root where their paths are longer"
    return named_cells(frame["image"], finding_columns(frame), cells, path, mend)


def _check_labels(path: str | Path, frame: pd.DataFrame, targets: FloatArray, asked: set[tuple[str, str]]) -> None:
    findings = finding_columns(frame)
    states = encode_states(frame[findings])
    label = np.select([states == POSITIVE, states == NEGATIVE], [1.0, 0.0], np.nan)
    differs = ~np.isnan(label) & ~np.isnan(targets) & (label != targets)
    cells = [(frame["image"].iloc[row], findings[column]) for row, column in np.argwhere(differs)]
    wrong = [f"{finding} of {image}" for image, finding in cells if (image, finding) not in asked]
    if wrong:
        raise TableError(f"{path}: {first_few(wrong)} has another label in the ledger; give entries of its table")


def _names(files: pd.Series, images: set[str], root: str | Path | None) -> pd.Series:
    if root is None:
        return files
    base = os.path.abspath(root)
    return files.map(lambda file: file if file in images else os.path.relpath(os.path.join(base, file), base))


def _numbers(path: str | Path, texts: pd.Series) -> FloatArray:
    numbers = pd.to_numeric(texts, errors="coerce")
    wrong = numbers.isna() & texts.notna() & texts.ne("")
    if wrong.any():
        raise TableError(f"{path}: column {texts.name} holds '{texts[wrong].iloc[0]}'; give numbers")
    return numbers.to_numpy(np.float64)


def _mean(arrays: list[FloatArray]) -> FloatArray | None:
    mean: FloatArray | None = sum(arrays[1:], arrays[0]) / len(arrays) if arrays else None
    return mean
