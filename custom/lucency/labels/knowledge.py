"""Which findings the source of an image labels at all: what is unmentioned there is not the same as unasked."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import LabelError

LABELLED = "labelled"
"""Column of a study table: ids of the findings that the source of the row labels, separated by blanks."""

IMPLIED = "implied"
"""Column of a study table: ids of the findings whose state follows from another finding, separated by blanks."""

SHARE = "share_"
"""Begin of a study table's columns `share_<finding>`: share of readers who call it positive, blank for unknown."""


def listed_cells(lists: pd.Series, findings: Sequence[str]) -> NDArray[np.bool_]:
    """Which findings a column of lists such as `labelled` names, row by row.

    Args:
        lists: B texts of finding ids separated by blanks, in any order.
        findings: L ids.

    Returns:
        bool (B, L).

    Example:
        >>> listed_cells(pd.Series(["edema mass", ""]), ["mass", "edema", "hernia"]).tolist()
        [[True, True, False], [False, False, False]]
    """
    kinds, texts = pd.factorize(lists)  # a source has one list for all its rows
    words = [set(text.split()) for text in texts]
    named = np.array([[finding in known for finding in findings] for known in words], dtype=bool)
    return named.reshape(len(words), len(findings))[kinds]


def labelled_cells(frame: pd.DataFrame, findings: Sequence[str]) -> NDArray[np.bool_]:
    """Which of the findings the source of each row labels; all of them in a table without column `labelled`.

    Args:
        frame: B rows of a study table.
        findings: L ids.

    Returns:
        bool (B, L). Where it is false, `unmentioned` means that nobody was asked, and no policy makes it a target.

    Example:
        >>> frame = pd.DataFrame({"labelled": ["edema", "edema mass"]})
        >>> labelled_cells(frame, ["edema", "mass"]).tolist()
        [[True, False], [True, True]]
        >>> labelled_cells(pd.DataFrame({"edema": ["positive"]}), ["edema"]).tolist()
        [[True]]
    """
    if LABELLED not in frame:
        return np.ones((len(frame), len(findings)), dtype=bool)
    return listed_cells(frame[LABELLED], findings)


def cell_lists(cells: NDArray[np.bool_], findings: Sequence[str]) -> NDArray[np.object_]:
    """The inverse of `listed_cells`: for each row the ids of its true cells, in the order of `findings`.

    Example:
        >>> cell_lists(np.array([[True, True], [False, False]]), ["mass", "edema"]).tolist()
        ['mass edema', '']
    """
    kinds = np.zeros(len(cells), dtype=np.int64)
    for byte in np.packbits(cells, axis=1).T:  # sorting whole rows takes minutes where this takes a second
        kinds = pd.factorize(kinds * 256 + byte)[0]  # numbered in the order in which they appear
    rows = cells[~pd.Series(kinds).duplicated().to_numpy()]
    texts = np.array([" ".join(np.array(findings, dtype=object)[row]) for row in rows], dtype=object)
    return texts[kinds]


def reader_shares(states: pd.DataFrame, findings: Sequence[str]) -> NDArray[np.float32]:
    """Columns `share_<finding>` as numbers, NaN where blank and for a finding without such a column.

    Returns:
        float32 (B, L) in [0, 1] or NaN.

    Raises:
        LabelError: a share is no number of [0, 1], or there is no such column at all.

    Example:
        >>> reader_shares(pd.DataFrame({"edema": ["uncertain"], "share_edema": ["0.25"]}), ["edema"]).tolist()
        [[0.25]]
    """
    shares = np.full((len(states), len(findings)), np.nan, dtype=np.float32)
    if not any(str(column).startswith(SHARE) for column in states):
        raise LabelError(
            f"uncertain: share needs columns {SHARE}<finding>, which importers write where several readers labelled an "
            "image; choose another policy"
        )
    for position, finding in enumerate(findings):
        if SHARE + finding in states:
            texts = states[SHARE + finding]
            numbers = pd.to_numeric(texts, errors="coerce")
            wrong = texts.notna() & texts.ne("") & ~numbers.between(0, 1)
            if wrong.any():
                raise LabelError(f"{SHARE}{finding} is {texts[wrong].iloc[0]!r}; give a share from 0 to 1, or a blank")
            shares[:, position] = numbers
    return shares


def unlisted_ids(lists: pd.Series, known: Collection[str]) -> list[str]:
    """Words of a column of lists that are no known ids, each once.

    Example:
        >>> unlisted_ids(pd.Series(["edema", "oedema"]), ["edema"])
        ['oedema']
    """
    return sorted({word for text in lists.unique() for word in str(text).split()} - set(known))
