"""Sex, age band, view, source and device of the scored images, by which they are counted and compared."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ConfigError, TableError, suggestion
from ...files import first_few

CHARACTERISTICS = ("sex", "age", "view", "source", "device")
UNKNOWN = "unknown"
AGES = (18, 40, 60, 80)
MOST_GROUPS = 12


def with_characteristics(scores: pd.DataFrame, table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Add columns of a study table to a score table that lacks them.

    A row of the study table belongs to the image whose path in `file` ends with its `image`; the longest such ending
    counts, and the patient must be the same.

    Args:
        scores: score table with `file` and `patient`.
        table: study table.
        columns: what to take over, where the study table has it and the score table does not.

    Raises:
        TableError: a scored image is not in the study table, or is of another patient there.

    Example:
        >>> scores = pd.DataFrame({"file": ["/data/images/a.png"], "patient": ["p1"]})
        >>> table = pd.DataFrame({"image": ["images/a.png"], "patient": ["p1"], "sex": ["F"]})
        >>> with_characteristics(scores, table, ["sex", "device"])["sex"].tolist()
        ['F']
    """
    wanted = [column for column in columns if column in table and column not in scores]
    if "file" not in scores:
        raise TableError("score table: column file is missing; without it no study table can be joined")
    rows = _rows_of(scores["file"].astype(str), {image: row for row, image in enumerate(table["image"])})
    missing = [file for file, row in zip(scores["file"], rows, strict=True) if row is None]
    if missing:
        raise TableError(f"study table: no row of {first_few(missing)}; give the table that was evaluated")
    found = table.iloc[[row for row in rows if row is not None]]
    differs = np.flatnonzero(found["patient"].astype(str).to_numpy() != scores["patient"].astype(str).to_numpy())
    if len(differs):
        raise TableError(
            f"study table: {scores['file'].iloc[differs[0]]} is of another patient than in the scores "
            f"({len(differs)} in all); give the table that was evaluated"
        )
    return scores.assign(**{column: found[column].to_numpy() for column in wanted})


def group_images(scores: pd.DataFrame, extra: Sequence[str] = ()) -> dict[str, dict[str, NDArray[np.bool_]]]:
    """Divide images by each characteristic that the table has, ages into bands.

    Args:
        scores: score table.
        extra: further columns to divide by.

    Returns:
        Characteristic to value to (N,) members. What is blank is ``unknown`` and comes last; beyond twelve values the
        rarest are put together.

    Raises:
        ConfigError: there is no such further column.
        TableError: an age is no number of years.

    Example:
        >>> groups = group_images(pd.DataFrame({"sex": ["F", "M", "F", ""], "age": [17, 18, 85, float("nan")]}))
        >>> {name: [*values] for name, values in groups.items()}
        {'sex': ['F', 'M', 'unknown'], 'age': ['0 to 17', '18 to 39', '80 and over', 'unknown']}
    """
    for column in extra:
        if column not in scores:
            raise ConfigError(f"by: the scores have no column {column!r}{suggestion(column, map(str, scores.columns))}")
    names = [name for name in dict.fromkeys((*CHARACTERISTICS, *extra)) if name in scores]
    return {name: _divide(_bands(scores[name]) if name == "age" else _texts(scores[name]), name) for name in names}


def _rows_of(files: Iterable[str], row_of_image: Mapping[str, int]) -> list[int | None]:
    rows: list[int | None] = []
    for file in files:
        parts = file.replace("\\", "/").split("/")
        endings = ("/".join(parts[start:]) for start in range(len(parts)))
        rows.append(next((row_of_image[ending] for ending in endings if ending in row_of_image), None))
    return rows


def _texts(values: "pd.Series[Any]") -> "pd.Series[str]":
    return values.astype(object).where(values.notna(), "").astype(str).str.strip()


def _bands(ages: "pd.Series[float]") -> "pd.Series[str]":
    names = [f"{low} to {high - 1}" for low, high in zip((0, *AGES), AGES, strict=False)] + [f"{AGES[-1]} and over"]
    years = pd.to_numeric(ages, errors="coerce").to_numpy(float)
    wrong = np.flatnonzero((np.isnan(years) & (_texts(ages) != "").to_numpy(bool)) | (years < 0))
    if len(wrong):
        raise TableError(f"age is {ages.iloc[wrong[0]]!r} in row {wrong[0] + 1}; write years, or nothing if unknown")
    return pd.Series([names[np.searchsorted(AGES, age, side="right")] if age >= 0 else "" for age in years], dtype=str)


def _divide(values: "pd.Series[str]", name: str) -> dict[str, NDArray[np.bool_]]:
    present = [str(value) for value in values[values != ""].unique()]
    counts = values.value_counts()
    kept = sorted(sorted(present, key=lambda value: (-counts[value], value))[:MOST_GROUPS])
    if name == "age":
        kept.sort(key=lambda value: int(value.split()[0]))
    groups = {value: (values == value).to_numpy(bool) for value in kept}
    rest = set(present) - set(kept)
    if rest:
        groups[f"{len(rest)} others"] = values.isin(rest).to_numpy(bool)
    if (values == "").any():
        groups[UNKNOWN] = (values == "").to_numpy(bool)
    return groups
