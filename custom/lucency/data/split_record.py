"""How a split was made, kept beside the table as `<table>.split.json`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import TableError
from ..files import write_atomically
from ..labels import LabelState
from .splits import split_hash
from .validation import finding_columns


def write_split_record(frame: pd.DataFrame, table: str | Path, fractions: Mapping[str, float], seed: int) -> Path:
    """Write seed, shares and hash of the split of `frame`, with its counts, beside the table file.

    Args:
        frame: study table with column `split`.
        table: path of the table; `data/table.csv` gets `data/table.split.json`.
        fractions: as given to `split_patients`.
        seed: as given to `split_patients`.

    Returns:
        Path of the record.

    Raises:
        TableError: no column split.
        LucencyError: the record cannot be written.

    Example:
        >>> import tempfile
        >>> frame = pd.DataFrame({"patient": ["a", "b"], "split": ["train", "test"], "edema": ["positive"] * 2})
        >>> table = Path(tempfile.mkdtemp()) / "table.csv"
        >>> record = json.loads(write_split_record(frame, table, {"train": 0.5, "test": 0.5}, seed=3).read_text())
        >>> record["seed"], record["patients"], record["positive"]["edema"]
        (3, {'test': 1, 'train': 1}, {'test': 1, 'train': 1})
    """
    sha256 = split_hash(frame)
    by_split = frame.groupby("split", sort=True)
    record = {
        "table": Path(table).name,
        "seed": seed,
        "fractions": dict(fractions),
        "sha256": sha256,
        "patients": {str(split): int(count) for split, count in by_split["patient"].nunique().items()},
        "images": {str(split): int(count) for split, count in by_split.size().items()},
        "positive": {
            finding: {
                str(split): int(states.eq(LabelState.POSITIVE.value).sum()) for split, states in by_split[finding]
            }
            for finding in finding_columns(frame)
        },
    }
    return write_atomically(_record_path(table), json.dumps(record, indent=2) + "\n")


def check_split_record(frame: pd.DataFrame, table: str | Path) -> dict[str, Any] | None:
    """Return the record beside `table`, or None if there is none, after comparing its hash with `frame`.

    Raises:
        TableError: the record cannot be read, or patients have changed splits since it was written.
    """
    path = _record_path(table)
    if not path.is_file():
        return None
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        recorded = record["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TableError(f"{path}: is not a split record ({error}); write it again with write_split_record") from error
    if "split" not in frame or recorded != split_hash(frame):
        raise TableError(
            f"{table}: patients and splits differ from {path.name} (seed {record.get('seed')}); "
            "restore the table, or write the record again if the change is meant"
        )
    return record


def _record_path(table: str | Path) -> Path:
    return Path(table).with_suffix(".split.json")
