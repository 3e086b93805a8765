"""One number that changes when the data a model learns from changes."""

import hashlib
import json

import numpy as np
import pandas as pd

from ..errors import TableError
from ..files import first_few
from ..labels import LABELLED, SHARE
from .validation import finding_columns


def table_fingerprint(frame: pd.DataFrame) -> str:
    """SHA-256 (hex) of what a study table teaches: image, patient, split, every label state, and who labels what.

    The order of rows and columns, the file format and columns that do not teach (age, comments) do not count.
    Pixels are not read: a file changed in place under the same name keeps the fingerprint.

    Args:
        frame: study table.

    Returns:
        64 hexadecimal digits.

    Raises:
        TableError: an image is listed twice.

    Example:
        >>> frame = pd.DataFrame(
        ...     {"image": ["a", "b"], "patient": ["1", "2"], "effusion": ["positive", "unmentioned"]}
        ... )
        >>> table_fingerprint(frame) == table_fingerprint(frame.iloc[::-1])
        True
        >>> table_fingerprint(frame) == table_fingerprint(frame.replace("unmentioned", "negative"))
        False
    """
    duplicate = frame["image"].duplicated()
    if duplicate.any():
        raise TableError(
            f"image {first_few(frame.loc[duplicate, 'image'].tolist())} is listed twice; keep one row an image"
        )
    identity = [column for column in ("image", "patient", "split") if column in frame]
    images = frame["image"].tolist()
    order = np.array(sorted(range(len(images)), key=images.__getitem__), dtype=np.intp)
    digest = hashlib.sha256()
    taught = sorted(finding_columns(frame))
    knowledge = [column for column in (LABELLED, *(SHARE + finding for finding in taught)) if column in frame]
    for column in [*identity, *taught, *knowledge]:
        # JSON delimits every cell, so that no two tables share one text
        digest.update(json.dumps([column, frame[column].iloc[order].tolist()]).encode())
    return digest.hexdigest()
