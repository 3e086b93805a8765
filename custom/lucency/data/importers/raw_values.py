"""Turning raw cells into declared values: nothing is guessed, nothing unknown passes."""

import difflib
import logging
import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ...errors import LabelError, TableError
from ...files import first_few
from ..ages import OLDEST_AGE
from .declaration import Declaration
from .known_files import recognised

SEXES = {
    **dict.fromkeys(("F", "f", "Female", "female"), "F"),
    **dict.fromkeys(("M", "m", "Male", "male"), "M"),
    **dict.fromkeys(("O", "o", "Other", "other"), "O"),
    **dict.fromkeys(("", "U", "Unknown", "unknown"), ""),
}
_log = logging.getLogger(__name__)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_YEARS = {"": 1.0, "Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}  # DICOM Age String, PS3.5 6.2


def require_columns(frame: pd.DataFrame, columns: Iterable[str], name: str, kind: str) -> None:
    """Raise unless `frame` has all `columns` that a `kind` of label file has.

    Args:
        frame: the file as it was read.
        columns: that the importer needs.
        name: of the file, for the message.
        kind: what the file should be, for the message.

    Raises:
        TableError: a column is missing; the message says which published file this is instead, or which column was
            renamed, if either can be told. Or no row.

    Example:
        >>> train = pd.DataFrame(columns=["Path", "Age", "Gender"])
        >>> require_columns(train, ["Path", "Age", "Sex"], "train.csv", "CheXpert label file")
        Traceback (most recent call last):
        ...
        lucency.errors.TableError: train.csv: is no CheXpert label file: column Sex is missing; it has Path, Age, Gender
    """
    wanted = list(columns)
    missing = [column for column in wanted if column not in frame]
    if missing:
        present = [str(column) for column in frame.columns]
        raise TableError(
            f"{name}: is no {kind}: column {first_few(missing)} is missing; {_mend(missing, present, wanted)}"
        )
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


def declared_columns(raw: pd.DataFrame, declaration: Declaration, name: str) -> dict[str, pd.Series]:
    """States of each finding, in files that have a column a label and a code a cell.

    Args:
        raw: the file as it was read; of the labels that it may have, it has one for each finding.
        declaration: its `words` are the columns, its `values` the codes, and a blank cell is its `silence`.
        name: of the file, for the message.

    Returns:
        Finding id to states, in the order of the declaration.

    Raises:
        LabelError: a code has no declared meaning.
    """
    meaning = {**declaration.values, "": declaration.silence}
    columns = {finding: word for word, finding in declaration.words.items() if word in raw}
    return {
        finding: declared(raw[columns[finding]], meaning, f"{name}: {columns[finding]}")
        for finding in declaration.findings
    }


def refuse_unknown_words(words: pd.Series, known: Iterable[str], what: str) -> None:
    """Raise a `LabelError` that counts the words outside `known` and suggests the nearest known one."""
    known = list(known)
    unknown = words[~words.isin(known)]
    if not unknown.empty:
        raise LabelError(f"{what}: no declared meaning for {_counted(unknown, known)}")


def ages_in_years(values: pd.Series, what: str) -> pd.Series:
    """Years as float64 from plain numbers or DICOM age strings ("058Y", "011M", "003W", "020D"); blank is NaN.

    Impossible ages (above 130 years; old label files have some) become NaN too; a warning counts them.

    Raises:
        TableError: a value is neither.

    Example:
        >>> ages_in_years(pd.Series(["57", "058Y", "006M", "414", ""]), "labels.csv").tolist()
        [57.0, 58.0, 0.5, nan, nan]
    """
    kinds, texts = pd.factorize(values)  # few ages, many images
    parts = pd.Series(texts).str.extract(r"^\s*(\d+(?:\.\d+)?)([YMWD]?)\s*$")
    wrong = (parts[0].isna() & pd.Series(texts).str.strip().ne("")).to_numpy()[kinds]
    if wrong.any():
        rows = [f"row {row + 1}" for row in np.flatnonzero(wrong)]
        raise TableError(
            f"{what} is {values[wrong].iloc[0]!r} in {first_few(rows)}; give years, or as DICOM does, '058Y'"
        )
    number = parts[0].astype("float64") * parts[1].map(_YEARS).astype("float64")
    years = pd.Series(number.to_numpy()[kinds], index=values.index)
    impossible = years > OLDEST_AGE
    if impossible.any():
        _log.warning("%s: %d impossible ages (above %d years) became unknown", what, impossible.sum(), OLDEST_AGE)
    return years.mask(impossible)


def _mend(missing: list[str], present: list[str], wanted: list[str]) -> str:
    changed = 8 * len(missing) <= len(wanted)  # the right file after all, with columns renamed or lost
    other = None if changed else recognised(present, wanted)
    if other is not None:
        return f"it looks like {other}"
    spare = [column for column in present if column not in wanted]
    near = {column: difflib.get_close_matches(column, spare, n=1) for column in missing}
    renamed = [f"'{found[0]}' to '{column}'" for column, found in near.items() if found]
    return f"rename {first_few(renamed)} if that is meant" if renamed else f"it has {first_few(present, limit=6)}"


def _counted(unknown: pd.Series, known: list[str]) -> str:
    counts = unknown.value_counts()
    codes = [str(value) for value in counts.index]
    named = first_few([f"{code!r} ({n} time{'s' if n > 1 else ''})" for code, n in zip(codes, counts, strict=True)])
    # the nearest code to -1 is 1: between numbers, likeness means nothing
    close = [] if _NUMBER.fullmatch(codes[0]) else difflib.get_close_matches(codes[0], known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"declared are {first_few([repr(word) for word in known], 8)}"
    if "-1" in [code.removesuffix(".0") for code in codes]:
        hint += "; -1 is uncertain in some files, negative or unread in others"
    return f"{named}; {hint}"
