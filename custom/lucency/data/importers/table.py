"""A study table that exists already, as one of several sources."""

from pathlib import Path

import pandas as pd

from ..study_table import read_study_table
from .image_files import Missing, keep_found


def import_table(
    labels: str | Path, *, images: str | Path | None = None, missing_images: Missing = "error"
) -> pd.DataFrame:
    """The study table in a file.

    Args:
        labels: .csv, .parquet or .json, as `write_study_table` writes it.
        images: folder that its image paths start from. Without it they start from the table's folder, and nobody looks
            whether the files exist.
        missing_images: with `images`, whether a row without a file is an error or dropped.

    Raises:
        TableError: as `read_study_table`, or absent images.
    """
    frame = read_study_table(labels, check_files=False)
    if images is None:
        return frame
    found = [image if (Path(images) / image).is_file() else "" for image in frame["image"]]
    return keep_found(frame, pd.Series(found, dtype=object), str(labels), images, missing_images)
