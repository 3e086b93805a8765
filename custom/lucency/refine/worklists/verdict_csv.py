"""Verdicts from a table, such as a worklist that a reader has filled in."""

import csv
import io
from pathlib import Path

from ...data.table_files import existing_file
from ...errors import TableError
from ...files import first_few
from .verdicts import VerdictCollector, VerdictFile

_NEEDED = ("image", "finding", "verdict")
_DIGITS = 9  # of a round


def read_verdict_csv(
    path: str | Path, *, round: int, reader: str | None = None, name: str | None = None
) -> VerdictFile:
    """Read verdicts from CSV.

    Columns `image`, `finding`, `verdict` (a word of `WORDS`), and optional ones `reader`, `time`, `round`; others do
    not count. A row without a verdict is a question left open.

    Args:
        path: UTF-8, separated by commas. The last line must have its end, since a file that was cut off has none.
        round: of rows that name none.
        reader: of rows that name none.
        name: what to call the file; its name if not given.

    Raises:
        TableError: no such table, or it was cut off.
        RejectedVerdictsError: some rows are wrong; their lines are named.
    """
    path = existing_file(path)
    name = name or path.name
    lines = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    collector, unanswered = VerdictCollector(name), 0
    try:
        columns = next(lines, [])
        _check_columns(path, columns)
        for cells in lines:
            place = f"{name} line {lines.line_num}"
            if not cells:  # a blank line
                continue
            if len(cells) != len(columns):
                collector.reasons[place] = f"{len(cells)} cells, the header has {len(columns)}"
                continue
            row = dict(zip(columns, cells, strict=True))
            if not row["verdict"].strip():
                unanswered += 1
                continue
            who, when = row.get("reader") or reader, row.get("round") or str(round)
            if who is None:
                collector.reasons[place] = "no reader; fill in the column reader, or give --reader"
            elif not when.isdecimal() or len(when) > _DIGITS:
                collector.reasons[place] = f"round is '{when}'; give a whole number"
            else:
                collector.add(
                    place,
                    row["verdict"],
                    image=row["image"],
                    finding=row["finding"],
                    reader=who,
                    round=int(when),
                    time=row.get("time", ""),
                )
    except csv.Error as error:
        raise TableError(f"{path}: line {lines.line_num}: {error}; is the file cut off?") from error
    if not (collector.verdicts or collector.reasons or unanswered):
        raise TableError(f"{path}: has no row below its header, so the file may be cut off; export it again")
    return collector.checked(unanswered=unanswered)


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: is not UTF-8 from byte {error.start} on; export it as CSV UTF-8") from error
    if not text:
        raise TableError(f"{path}: is empty; export it again")
    if not text.endswith(("\n", "\r")):
        raise TableError(
            f"{path}: line {len(text.splitlines())} has no end, so the file may be cut off; "
            "export it again, or end the last line"
        )
    return text


def _check_columns(path: Path, columns: list[str]) -> None:
    missing = [column for column in _NEEDED if column not in columns]
    if missing:
        mend = "separate cells by commas" if ";" in "".join(columns) else "keep the header of the worklist"
        raise TableError(f"{path}: line 1: column {first_few(missing)} is missing; {mend}")
    twice = [column for column in columns if columns.count(column) > 1]
    if twice:
        raise TableError(f"{path}: line 1: column {twice[0]} appears more than once; keep one")
