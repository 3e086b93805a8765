"""Turning raw cells into declared values: nothing is guessed, nothing unknown passes."""

import difflib
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ...errors import LabelError, TableError
from ...files import first_few
from ..validation import OLDEST_AGE

SEXES = {
    **dict.fromkeys(("F", "f", "Female", "female"), "F"),
    **dict.fromkeys(("M", "m", "Male", "male"), "M"),
    **dict.fromkeys(("O", "o", "Other", "other"), "O"),
    **dict.fromkeys(("", "U", "Unknown", "unknown"), ""),
}
_YEARS = {"": 1.0, "Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}  # DICOM Age String, PS3.5 6.2


def require_columns(frame: pd.DataFrame, columns: Iterable[str], name: str, kind: str) -> None:
    """Raise unless `frame` has all `columns` that a `kind` of label file has.

    Example:
        >>> require_columns(pd.DataFrame(columns=["Path", "Age"]), ["Path", "Sex"], "train.csv", "CheXpert label file")
        Traceback (most recent call last):
        ...
        lucency.errors.TableError: train.csv: is no CheXpert label file: column Sex is missing; it has Path, Age
    """
    missing = [column for column in columns if column not in frame]
    if missing:
        present = first_few([str(column) for column in frame.columns], limit=6)
        raise TableError(f"{name}: is no {kind}: column {first_few(missing)} is missing; it has {present}")
    if frame.empty:
        raise TableError(f"{name}: has no rows")


def declared(values: pd.Series, meaning: Mapping[str, str], what: str) -> pd.Series:
    """Replace every raw value by its declared meaning.

    Args:
        values: raw text.
        meaning: value of each raw text; a blank cell is "".
        what: file and column, for the message.

    Raises:
        LabelError: a value has no declared meaning; the message counts each.

    Example:
        >>> declared(pd.Series(["1.0", "", "2"]), {"1.0": "positive", "": "unmentioned"}, "train.csv: Edema")
        Traceback (most recent call last):
        ...
        lucency.errors.LabelError: train.csv: Edema: no declared meaning for '2' (1 time); declared are '1.0', ''
    """
    found = values.map(meaning)
    unknown = values[found.isna()]
    if not unknown.empty:
        raise LabelError(f"{what}: no declared meaning for {_counted(unknown, list(meaning))}")
    return found.astype(str)


def refuse_unknown_words(words: pd.Series, known: Iterable[str], what: str) -> None:
    """Raise a `LabelError` that counts the words outside `known` and suggests the nearest known one."""
    known = list(known)
    unknown = words[~words.isin(known)]
    if not unknown.empty:
        raise LabelError(f"{what}: no declared meaning for {_counted(unknown, known)}")


def ages_in_years(values: pd.Series, what: str) -> tuple[pd.Series, int]:
    """Years as float64 from plain numbers or DICOM age strings ("058Y", "011M", "003W", "020D"); blank is NaN.

    Returns:
        The ages, and how many impossible ones (above 130 years; old label files have some) became unknown.

    Raises:
        TableError: a value is neither.

    Example:
        >>> ages_in_years(pd.Series(["57", "058Y", "006M", "414", ""]), "labels.csv")[0].tolist()
        [57.0, 58.0, 0.5, nan, nan]
    """
    parts = values.str.extract(r"^\s*(\d+(?:\.\d+)?)([YMWD]?)\s*$")
    wrong = parts[0].isna() & values.str.strip().ne("")
    if wrong.any():
        rows = [f"row {row + 1}" for row in np.flatnonzero(wrong)]
        raise TableError(
            f"{what} is {values[wrong].iloc[0]!r} in {first_few(rows)}; give years, or as DICOM does, '058Y'"
        )
    years = parts[0].astype("float64") * parts[1].map(_YEARS).astype("float64")
    impossible = years > OLDEST_AGE
    return years.mask(impossible), int(impossible.sum())


def _counted(unknown: pd.Series, known: list[str]) -> str:
    counts = unknown.value_counts()
    named = first_few([f"{value!r} ({n} time{'s' if n > 1 else ''})" for value, n in counts.items()])
    close = difflib.get_close_matches(str(counts.index[0]), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"declared are {first_few([repr(word) for word in known], 8)}"
    return f"{named}; {hint}"
