"""Columns of the study table that a DICOM header can fill."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pydicom
from pydicom.errors import InvalidDicomError

from ...errors import TableError
from ...files import first_few

HEADER_COLUMNS = {  # PS3.3 C.7.1.1, C.7.2.1, C.7.2.2, C.8.11.5
    "patient": "PatientID",
    "study": "StudyInstanceUID",
    "view": "ViewPosition",
    "age": "PatientAge",
    "sex": "PatientSex",
}


def read_headers(folder: str | Path, files: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Text of the wanted columns for each file, "" where the tag is absent or the file is not DICOM.

    Pixels are not read.

    Args:
        folder: folder that `files` are relative to.
        files: image paths.
        columns: some of patient, study, view, age, sex.

    Raises:
        TableError: a DICOM file has no readable header.
    """
    rows, broken = [], []
    tags = [HEADER_COLUMNS[column] for column in columns]
    for file in files:
        header = pydicom.Dataset()
        if not file.lower().endswith((".png", ".jpg", ".jpeg", ".nii", ".nii.gz")):
            try:
                header = pydicom.dcmread(Path(folder) / file, stop_before_pixels=True, specific_tags=list(tags))
            except (InvalidDicomError, OSError, EOFError, ValueError, AttributeError) as error:
                broken.append(f"{file} ({str(error).partition('. ')[0]})")
        rows.append([str(header.get(tag) or "") for tag in tags])
    if broken:
        raise TableError(
            f"{folder}: no readable DICOM header in {first_few(broken)}; mend these files or take them out"
        )
    return pd.DataFrame(rows, columns=list(columns))
