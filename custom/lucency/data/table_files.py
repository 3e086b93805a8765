"""Reading and writing the three file formats of a table, all text until someone says otherwise."""

import csv
import difflib
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv  # type: ignore[import-untyped]
import pyarrow.parquet  # type: ignore[import-untyped]

from ..errors import TableError
from ..files import first_few, write_atomically


def existing_file(path: str | Path) -> Path:
    """Return `path` if it is a file; otherwise say which part of it does not exist and what is there instead.

    Raises:
        TableError: nothing there (the nearest existing name is suggested), or a folder.

    Example:
        >>> existing_file("no-such-folder/table.csv")
        Traceback (most recent call last):
        ...
        lucency.errors.TableError: no-such-folder/table.csv: no such file; '.' has no 'no-such-folder'...
    """
    path = Path(path)
    if path.is_file():
        return path
    if path.exists():
        raise TableError(f"{path}: is a folder, not a file; name the table inside it")
    missing = path
    while not missing.parent.exists():
        missing = missing.parent
    names = [entry.name for entry in missing.parent.iterdir()] if missing.parent.is_dir() else []
    close = difflib.get_close_matches(missing.name, names, n=1)
    hint = f"; did you mean '{missing.parent / close[0]}'?" if close else ""
    raise TableError(f"{path}: no such file; '{missing.parent}' has no '{missing.name}'{hint}")


def read_raw(path: str | Path) -> pd.DataFrame:
    """Read a .csv (or .csv.gz), .parquet or .json (list of objects) file without interpreting anything.

    CSV cells stay the text they are: "00012" keeps its zeros and a blank stays "". UTF-8, comma separated.

    Raises:
        TableError: the file is absent, of another kind, damaged, or has a column twice.
    """
    path = existing_file(path)
    reader = _READERS.get(_suffix(path))
    if reader is None:
        raise TableError(f"{path}: '{path.suffix}' is no table format; use {', '.join(_WRITERS)}")
    try:
        frame = reader(path)
    except TableError:
        raise
    except (OSError, ValueError, TypeError, EOFError, csv.Error, pa.ArrowException) as error:
        reason = str(error).strip().partition("\n")[0]
        raise TableError(f"{path}: is not a readable {_suffix(path)} table ({reason})") from error
    twice = frame.columns[frame.columns.duplicated()].tolist()
    if twice:
        raise TableError(f"{path}: column {first_few(twice)} appears more than once; keep one")
    return frame


def read_text(path: str | Path) -> pd.DataFrame:
    """Read a table as `read_raw` does, every cell as text and "" for nothing."""
    frame = read_raw(path)
    return frame.astype(object).where(frame.notna(), "").astype(str)


def write_raw(frame: pd.DataFrame, path: str | Path) -> Path:
    """Write `frame` in the format that the suffix names, whole or not at all.

    Raises:
        TableError: the suffix is not .csv, .parquet or .json.
        LucencyError: the file cannot be written.
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix)
    if writer is None:
        raise TableError(f"{path}: '{path.suffix}' is no table format; use {', '.join(_WRITERS)}")
    return write_atomically(path, writer(frame))


def _suffix(path: Path) -> str:
    return ".csv" if path.name.endswith(".csv.gz") else path.suffix


def _read_csv(path: Path) -> pd.DataFrame:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file), [])
    if not header:
        raise TableError(f"{path}: is empty; a table has at least a header line")
    if len(header) == 1 and any(separator in header[0] for separator in ";\t"):
        raise TableError(f"{path}: columns are not separated by commas; export it as comma-separated UTF-8")
    ragged: list[pyarrow.csv.InvalidRow] = []  # pandas would fill or shift these silently

    def collect(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    table = pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(use_threads=False),  # with threads a ragged row has no number
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=collect),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pa.string() for name in header}, strings_can_be_null=False
        ),
    )
    if ragged:
        offenders = [f"line {row.number} has {row.actual_columns}" for row in ragged]
        raise TableError(f"{path}: the header has {len(header)} columns but {first_few(offenders)}; quote or mend them")
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    frame: pd.DataFrame = pyarrow.parquet.read_table(path).to_pandas()
    return frame


def _read_json(path: Path) -> pd.DataFrame:
    records = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise TableError(f"{path}: must be a list of objects, one an image: [{{'image': ..., ...}}, ...]")
    return pd.DataFrame(records, dtype=object)


def _write_csv(frame: pd.DataFrame) -> bytes:
    text = frame.to_csv(index=False, lineterminator="\n")
    if "\r" in text:  # a bare carriage return is left unquoted otherwise, and read as the end of a line
        text = frame.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_ALL)
    return text.encode()


def _write_parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, engine="pyarrow")
    return buffer.getvalue()


def _write_json(frame: pd.DataFrame) -> bytes:
    records = frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
    lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    return f"[\n{lines}\n]\n".encode()


_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    ".json": _read_json,
}
_WRITERS: dict[str, Callable[[pd.DataFrame], bytes]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".json": _write_json,
}
