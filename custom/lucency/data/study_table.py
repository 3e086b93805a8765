"""The study table: one row an image, one column of label states a finding."""

from pathlib import Path

import pandas as pd

from ..errors import TableError
from .ages import check_ages
from .table_files import read_raw, write_raw
from .validation import check_study_table


def read_study_table(path: str | Path, image_root: str | Path | None = None, check_files: bool = True) -> pd.DataFrame:
    r"""Read and validate a study table.

    Every column comes back as text (patient "00012" keeps its zeros, an unknown cell is ""), except `age`, which is
    float64 years with NaN for unknown. Columns that the table does not define are kept.

    Args:
        path: .csv, .parquet or .json (a list of objects, one an image).
        image_root: folder that relative `image` paths start from; the table's own folder if not given.
        check_files: whether every image file must exist.

    Returns:
        Columns image, patient, study, view, age, sex, source, optionally split, one of label states a finding.

    Raises:
        TableError: the file is absent, unreadable or breaks a rule; the message names the first offenders.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "table.csv"
        >>> _ = path.write_text(
        ...     "image,patient,study,view,age,sex,source,effusion\na.png,00012,1,PA,61,F,nih,positive\n"
        ... )
        >>> read_study_table(path, check_files=False)[["patient", "age", "effusion"]].to_dict("records")
        [{'patient': '00012', 'age': 61.0, 'effusion': 'positive'}]
    """
    path = Path(path)
    frame = _typed(read_raw(path), str(path))
    root = path.parent if image_root is None else Path(image_root)
    check_study_table(frame, str(path), root if check_files else None)
    return frame


def write_study_table(frame: pd.DataFrame, path: str | Path) -> Path:
    """Validate a study table (not its files) and write it; `read_study_table` gives back the same.

    Args:
        frame: as `read_study_table` returns it.
        path: .csv, .parquet or .json; what stood there before stays until the whole table is written.

    Returns:
        `path`.

    Raises:
        TableError: the table breaks a rule, or the suffix is unknown.
        LucencyError: the file cannot be written.
    """
    path = Path(path)
    frame = _typed(frame, str(path))
    check_study_table(frame, str(path))
    if path.suffix == ".csv":
        frame["age"] = [_plain(age) for age in frame["age"]]
    return write_raw(frame, path)


def _typed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Every column as text except age in years; formats that carry types must not differ from CSV."""
    columns = {}
    for column in map(str, frame.columns):
        values = frame[column]
        if column == "age":
            columns[column] = check_ages(values, name)
        elif column in ("image", "patient", "study") and pd.api.types.is_float_dtype(values) and values.notna().any():
            raise TableError(f"{name}: column {column} holds decimal numbers; store it as text, so that ids stay whole")
        elif isinstance(values.dtype, pd.StringDtype):
            columns[column] = values.fillna("").astype(str)
        else:
            columns[column] = values.astype(object).where(values.notna(), "").astype(str)
    return pd.DataFrame(columns).reset_index(drop=True)


def _plain(age: float) -> str:
    """Shortest text that reads back as the same number, without a needless '.0'."""
    if age != age:
        return ""
    return str(int(age)) if age.is_integer() else repr(age)
