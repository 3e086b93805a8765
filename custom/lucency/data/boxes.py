"""The box table: where on an image somebody marked a finding; one row a box, apart from the labels."""

import difflib

import numpy as np
import pandas as pd

from ..errors import TableError
from ..files import first_few
from ..labels import vocabulary

BOX_COLUMNS = ("image", "finding", "x", "y", "width", "height", "reader")
"""Columns of a box table, in their order."""

_PLACE, _SIZE = ("x", "y"), ("width", "height")


def check_boxes(frame: pd.DataFrame, name: str) -> None:
    """Raise one `TableError` for the first rule of the box table that `frame` breaks.

    A box covers the pixels from $x$ to $x + w$ and from $y$ to $y + h$, in pixels of the image as its archive publishes
    it, counted from its top left corner, $x$ to the right and $y$ downwards; fractions of a pixel are allowed. Several
    boxes may share image, finding and reader. A table without rows is a box table too: nobody marked anything.

    Args:
        frame: columns `image` (text, as the label file of the archive spells it), `finding` (id of the vocabulary),
            `x`, `y`, `width`, `height` (float64, pixels) and `reader` (text, "" if the archive does not tell).
            Further columns are not looked at.
        name: what to call the table in the message, usually its path.

    Raises:
        TableError: a missing column, a blank image, a finding that is no id, a place or size that is no number, a
            negative place, a size that is not positive, or a reader that is NaN.

    Example:
        >>> box = dict(image="a.png", finding="mass", x=10.0, y=20.5, width=64.0, height=48.0, reader="")
        >>> check_boxes(pd.DataFrame([box]), "boxes.csv")
        >>> check_boxes(pd.DataFrame([box, box | {"height": 0.0}]), "boxes.csv")
        Traceback (most recent call last):
        ...
        lucency.errors.TableError: boxes.csv: height is 0.0 in row 2 (image a.png); a box is larger than 0 pixels
    """
    absent = [column for column in BOX_COLUMNS if column not in frame]
    if absent:
        raise TableError(f"{name}: column {absent[0]} is missing; a box table has {', '.join(BOX_COLUMNS)}")
    _refuse(frame["image"].isna() | frame["image"].eq(""), "image", frame, name, "every box lies on one")
    known = vocabulary().ids
    strange = ~frame["finding"].isin(known)
    near = difflib.get_close_matches(str(next(iter(frame.loc[strange, "finding"]), "")), known, n=1)
    _refuse(strange, "finding", frame, name, f"did you mean '{near[0]}'?" if near else "give an id of the vocabulary")
    for column in (*_PLACE, *_SIZE):
        pixels = pd.to_numeric(frame[column], errors="coerce").astype("float64")
        _refuse(pixels.isna() | pixels.abs().eq(np.inf), column, frame, name, "give a number of pixels")
        if column in _PLACE:
            _refuse(pixels < 0, column, frame, name, "an image begins at 0")
        else:
            _refuse(pixels <= 0, column, frame, name, "a box is larger than 0 pixels")
    _refuse(frame["reader"].isna(), "reader", frame, name, "leave it blank if the archive does not tell")


def _refuse(wrong: pd.Series, column: str, frame: pd.DataFrame, name: str, mend: str) -> None:
    rows = np.flatnonzero(wrong)
    if rows.size:
        named = first_few([f"row {row + 1} (image {frame['image'].iloc[row]})" for row in rows])
        raise TableError(f"{name}: {column} is {frame[column].iloc[rows[0]]} in {named}; {mend}")
