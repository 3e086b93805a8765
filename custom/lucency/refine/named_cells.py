"""Where cells that a file names stand in a study table."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import TableError
from ..files import first_few

Places = NDArray[np.intp]


def named_cells(
    images: pd.Series, findings: list[str], named: pd.DataFrame, source: object, mend: str, *, once: bool = True
) -> tuple[Places, Places]:
    """Row and column of each cell that is named.

    Args:
        images: column `image` of the study table.
        findings: its findings.
        named: columns `image` and `finding`, one row a cell.
        source: what names them, for messages.
        mend: what to do about a cell that the table does not have.
        once: whether a cell that is named twice is a mistake.

    Raises:
        TableError: the table has no such image or finding, or a cell is named twice.

    Example:
        >>> cells = pd.DataFrame({"image": ["b.png", "a.png"], "finding": ["mass", "mass"]})
        >>> named_cells(pd.Series(["a.png", "b.png"]), ["edema", "mass"], cells, "entries.parquet", "mend it")
        (array([1, 0]), array([1, 1]))
    """
    rows = pd.Index(images).get_indexer(pd.Index(named["image"]))
    columns = pd.Index(findings).get_indexer(pd.Index(named["finding"]))
    for places, kind in ((rows, "image"), (columns, "finding")):
        strange = named.loc[places < 0, kind].unique().tolist()
        if strange:
            raise TableError(f"{source}: {kind} {first_few(strange)} is not in the study table; {mend}")
    twice = np.flatnonzero(pd.Series(rows * len(findings) + columns).duplicated())
    if once and len(twice):
        cells = [f"{named['finding'].iloc[at]} of {named['image'].iloc[at]}" for at in twice[:3]]
        raise TableError(f"{source}: {first_few([*cells, *twice[3:]])} is there twice; keep one row each")
    return rows, columns
