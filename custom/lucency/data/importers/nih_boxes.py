"""The boxes of NIH ChestX-ray14: `BBox_List_2017.csv`."""

import csv
import gzip
from pathlib import Path

import pandas as pd

from ...errors import TableError
from ...files import first_few
from ...labels import vocabulary
from ..boxes import BOX_COLUMNS, check_boxes
from ..table_files import existing_file
from .raw_values import refuse_unknown_words, require_columns

_COLUMNS = ("Image Index", "Finding Label", "Bbox [x", "y", "w", "h]")  # "Bbox [x,y,w,h]", unquoted in a CSV
_FINDINGS = {
    **{
        word: vocabulary().find("nih14", word).id
        for word in ("Atelectasis", "Cardiomegaly", "Effusion", "Mass", "Nodule", "Pneumonia", "Pneumothorax")
    },
    "Infiltrate": vocabulary().find("nih14", "Infiltration").id,  # the labels call it by the other word
}


def read_nih_boxes(path: str | Path) -> pd.DataFrame:
    """Box table of NIH ChestX-ray14: 984 boxes of eight findings on 880 images, drawn by one radiologist.

    Args:
        path: BBox_List_2017.csv, also as .csv.gz.

    Returns:
        Columns `image` (Image Index of the label file), `finding`, `x`, `y`, `width`, `height` in pixels of the
        published 1024 x 1024 images, and `reader` (""); see `check_boxes`.

    Raises:
        TableError: the file is absent, another one, or has a row that is no box.
        LabelError: a finding without declared meaning.

    References:
        X. Wang et al. ChestX-ray8: hospital-scale chest X-ray database and benchmarks. CVPR 2017.
    """
    name = str(path)
    raw = _read(existing_file(path), name)
    refuse_unknown_words(raw["Finding Label"], _FINDINGS, f"{name}: Finding Label")
    frame = raw.set_axis(BOX_COLUMNS[:-1], axis=1).assign(reader="")
    frame["finding"] = frame["finding"].map(_FINDINGS)
    check_boxes(frame, name)
    return frame.astype(dict.fromkeys(BOX_COLUMNS[2:-1], "float64"))


def _read(path: Path, name: str) -> pd.DataFrame:
    """Columns with a name; header and rows end with nameless blank cells, and not with equally many."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    except (OSError, ValueError, EOFError, csv.Error) as error:
        raise TableError(f"{name}: is not a readable .csv table ({error})") from error
    header = [label for label in next(iter(lines), []) if label]
    ragged = [f"row {n}" for n, line in enumerate(lines[1:], 1) if len(line) < len(header) or any(line[len(header) :])]
    if ragged:
        raise TableError(f"{name}: the header names {len(header)} columns, but not {first_few(ragged)}; mend them")
    frame = pd.DataFrame([line[: len(header)] for line in lines[1:]], columns=header, dtype=object)
    require_columns(frame, _COLUMNS, name, "box list of NIH ChestX-ray14")
    return frame[[*_COLUMNS]]
