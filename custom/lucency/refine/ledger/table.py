"""A study table on its way into a ledger and out again."""

import io
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data.ages import check_ages
from ...data.validation import check_study_table, finding_columns
from ...errors import TableError
from ...labels import IMPLIED, LABELLED, SHARE, LabelState, encode_states
from .schema import LETTERS

_STATES = np.array([state.value for state in LabelState], dtype=object)
_LETTERS = np.frombuffer(LETTERS.encode(), dtype=np.uint8)


@dataclass(frozen=True)
class Reading:
    """What the readers of one cell said in the latest round in which it was read.

    Attributes:
        verdicts: state that each reader gives.
        state: what follows from them.
    """

    verdicts: Mapping[str, str]
    state: LabelState

    @property
    def share(self) -> str:
        """Share of positive verdicts among those that decide, as columns `share_<finding>` hold it; blank for none.

        Example:
            >>> Reading({"R1": "positive", "R2": "negative", "R3": "uncertain"}, LabelState.UNCERTAIN).share
            '0.5'
        """
        said = list(self.verdicts.values())
        positive, negative = said.count("positive"), said.count("negative")
        return f"{positive / (positive + negative):.6g}" if positive + negative else ""


def check_table(frame: pd.DataFrame, name: str) -> None:
    """Raise `TableError` unless `frame` is a study table as `read_study_table` returns it."""
    twice = frame.columns[frame.columns.duplicated()].tolist()
    if twice:
        raise TableError(f"{name}: column {twice[0]} appears more than once; keep one")
    check_study_table(frame, name)
    for column in frame:
        cells = [column] if column == "age" else [column, *frame[column]]
        if not all(isinstance(cell, str) for cell in cells):
            raise TableError(f"{name}: column {column} holds more than text; read the table with read_study_table")


def store_table(database: sqlite3.Connection, frame: pd.DataFrame) -> None:
    """Write round 0: tables `study_table` and `images`."""
    findings = finding_columns(frame)
    rest = frame.drop(columns=["image", "source", *findings]).assign(age=check_ages(frame["age"], "age"))
    names = list(rest.columns)
    buffer = io.BytesIO()
    rest.set_axis([str(at) for at in range(len(names))], axis=1).to_parquet(buffer, index=False, engine="pyarrow")
    database.execute(
        "INSERT INTO study_table VALUES (?, ?, ?)",
        (json.dumps(list(frame.columns)), json.dumps(findings), buffer.getvalue()),
    )
    letters = _LETTERS[encode_states(frame[findings])]
    states = letters.view(f"S{len(findings)}").ravel()
    rows = zip(range(len(frame)), frame["image"], frame["source"], (text.decode() for text in states), strict=True)
    database.executemany("INSERT INTO images VALUES (?, ?, ?, ?)", rows)


def imported_states(database: sqlite3.Connection, findings: Sequence[str]) -> NDArray[np.int8]:
    """States of round 0, int8 (N, L), numbered as `encode_states` does."""
    texts = "".join(text for (text,) in database.execute("SELECT states FROM images ORDER BY id"))
    positions = np.zeros(256, dtype=np.int8)
    positions[_LETTERS] = np.arange(len(_LETTERS), dtype=np.int8)
    return positions[np.frombuffer(texts.encode(), dtype=np.uint8)].reshape(-1, len(findings))


def state_texts(codes: NDArray[np.int8]) -> NDArray[np.object_]:
    """The inverse of `encode_states`.

    Example:
        >>> state_texts(np.array([2, 0], dtype=np.int8)).tolist()
        ['uncertain', 'positive']
    """
    return _STATES[codes]


def rebuilt_table(database: sqlite3.Connection, readings: Mapping[tuple[int, str], Reading]) -> pd.DataFrame:
    """The study table with the states that readers gave.

    Args:
        database: of the ledger.
        readings: by row of the table and finding. Such a cell is labelled from then on (column `labelled`), implied no
            longer (`implied`), and has its readers' share (`share_<finding>`), where the table has these columns.

    Returns:
        Columns, their order and dtypes as `read_study_table` returned them.
    """
    names, taught, rest = database.execute("SELECT columns, findings, rest FROM study_table").fetchone()
    columns, findings = json.loads(names), json.loads(taught)
    stored = pd.read_parquet(io.BytesIO(rest), engine="pyarrow")
    others = [column for column in columns if column not in {"image", "source", *findings}]
    values: dict[str, pd.Series] = dict(zip(others, (stored[column] for column in stored), strict=True))
    images = database.execute("SELECT image, source FROM images ORDER BY id").fetchall()
    values["image"], values["source"] = (pd.Series(texts, dtype=str) for texts in zip(*images, strict=True))
    codes = imported_states(database, findings)
    position = {finding: at for at, finding in enumerate(findings)}
    if readings:
        cells = np.array([(row, position[finding]) for row, finding in readings])
        codes[cells[:, 0], cells[:, 1]] = encode_states([reading.state for reading in readings.values()])
        _tell_who_labels(values, readings)
    for finding, at in position.items():
        values[finding] = pd.Series(state_texts(codes[:, at]), dtype=str)
    return pd.DataFrame({column: values[column] for column in columns})


def _tell_who_labels(values: dict[str, pd.Series], readings: Mapping[tuple[int, str], Reading]) -> None:
    texts = {
        column: values[column].tolist()
        for column in values
        if column in (LABELLED, IMPLIED) or column.startswith(SHARE)
    }
    for (row, finding), reading in readings.items():
        if LABELLED in texts and finding not in texts[LABELLED][row].split():
            texts[LABELLED][row] = f"{texts[LABELLED][row]} {finding}".strip()
        if IMPLIED in texts and finding in texts[IMPLIED][row].split():
            texts[IMPLIED][row] = " ".join(word for word in texts[IMPLIED][row].split() if word != finding)
        if SHARE + finding in texts:
            texts[SHARE + finding][row] = reading.share
    for column, cells in texts.items():
        values[column] = pd.Series(cells, dtype=str)
