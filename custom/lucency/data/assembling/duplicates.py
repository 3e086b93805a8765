"""Which rows of several sources are one image."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..importers.image_files import IMAGE_SUFFIXES
from .image_hashes import Hash, image_hashes

_SUFFIX = "(?i)(?:" + "|".join(suffix.replace(".", r"\.") for suffix in sorted(IMAGE_SUFFIXES, key=len)[::-1]) + ")$"


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """What was found.

    Attributes:
        image: (N,), number of the image of each row, counted in the order of the rows.
        named: (N,), whether a row names no file, or one that cannot be read, and is compared by name.
        reasons: how many rows are another row's image, by what tells so; a row may be counted for several.
        unreadable: reason by row, for image files that could not be compared.
    """

    image: NDArray[np.int64]
    named: NDArray[np.bool_]
    reasons: dict[str, int]
    unreadable: dict[int, str]


def find_duplicates(about: pd.DataFrame, kind: Hash = "bytes", workers: int = 1, progress: bool = False) -> Duplicates:
    """Tell which rows are one image: the same file, the same hash, or the same name where files are not there.

    Names are compared among sources whose patients share a word, and only with rows that name no file or one that
    cannot be read: without folders and suffix where that is enough to tell the images of each table apart.

    Args:
        about: columns path, label, word and input, as of `Rows`.
        kind: see `image_hashes`.
        workers: see `image_hashes`.
        progress: see `image_hashes`.

    Example:
        >>> about = pd.DataFrame({"label": ["a.png", "b.png", "x/b.dcm"], "path": ["", "", "/x/b.dcm"]})
        >>> about = about.assign(word="nih", input=[0, 0, 1])
        >>> find_duplicates(about, "none").image.tolist()
        [0, 1, 1]
    """
    rows = np.flatnonzero(about["path"].ne(""))
    numbers, files = pd.factorize(about["path"].iloc[rows])
    hashes, unreadable = image_hashes(files.tolist(), kind, workers, progress)
    hashed = np.array(hashes, dtype=object)[numbers] if len(rows) else np.empty(0, dtype=object)
    same = hashed != ""
    named = about["path"].isin(["", *unreadable]).to_numpy()
    twins = {
        "file": _twins(numbers, rows),
        kind: _twins(pd.factorize(hashed[same])[0], rows[same]),
        "name": _same_names(about, named),
    }
    at, to = (np.concatenate(ends) for ends in zip(*twins.values(), strict=True))
    graph = coo_array((np.ones(len(at), dtype=bool), (at, to)), shape=(len(about), len(about)))
    _, groups = connected_components(graph, directed=False)
    first_row = dict(zip(numbers[::-1], rows[::-1], strict=True)) if unreadable else {}
    position = {file: at for at, file in enumerate(files)}
    return Duplicates(
        image=pd.factorize(groups)[0].astype(np.int64),
        named=named,
        reasons={reason: len(pairs[0]) for reason, pairs in twins.items() if reason != "none"},
        unreadable={int(first_row[position[file]]): reason for file, reason in unreadable.items()},
    )


Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


def _twins(keys: NDArray[np.int64], rows: NDArray[np.int64]) -> Pairs:
    """Every row with an earlier row of the same key (numbered from 0), and the first such row."""
    first = np.full(int(keys.max(initial=-1)) + 1, len(rows), dtype=np.int64)
    np.minimum.at(first, keys, np.arange(len(rows)))
    later = first[keys] != np.arange(len(rows))
    return rows[later].astype(np.int64), rows[first[keys[later]]].astype(np.int64)


def _same_names(about: pd.DataFrame, named: NDArray[np.bool_]) -> Pairs:
    """Rows of one name, where one of them is compared by name."""
    at: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    to = at.copy()
    for _, block in about.groupby("word", sort=False):
        rows = block.index.to_numpy()
        if not named[rows].any() or block["input"].nunique() < 2:
            continue
        keys = pd.factorize(_names(block))[0]
        loose = np.zeros(keys.max() + 1, dtype=bool)
        loose[keys[named[rows]]] = True
        chosen = loose[keys]
        pair = _twins(pd.factorize(keys[chosen])[0].astype(np.int64), rows[chosen])
        at.append(pair[0])
        to.append(pair[1])
    return np.concatenate(at), np.concatenate(to)


def _names(block: pd.DataFrame) -> pd.Series:
    """What tells images apart: the bare name, or if a table has that twice, all that is written."""
    stems = pc.replace_substring_regex(pa.array(block["label"], pa.string()), r"^.*/", "")
    stems = pd.Series(pc.replace_substring_regex(stems, _SUFFIX, "").to_pandas().array, index=block.index)
    shared = stems[pd.DataFrame({"input": block["input"], "stem": stems}).duplicated()].unique()
    return stems.where(~stems.isin(shared), block["label"])
