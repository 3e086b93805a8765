"""Patients that share an image are one person."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..validation import SPLITS


@dataclass(frozen=True, kw_only=True)
class Ties:
    """Patients that became one.

    Attributes:
        patient: (N,), id of the person of each row: the alphabetically first of the ids that the person goes by.
        people: ids of each person that goes by several, joined by " = ".
        suspicious: those of them with two ids of one `patients` word: a source gives one image to two patients.
    """

    patient: pd.Series
    people: list[str]
    suspicious: list[str]


def tie_patients(about: pd.DataFrame, image: NDArray[np.int64]) -> Ties:
    """Give one id to all patients that images tie together, directly or through others.

    Args:
        about: columns patient and word.
        image: (N,), number of the image of each row.

    Example:
        >>> about = pd.DataFrame({"patient": ["nih:1", "rsna:x", "nih:2"], "word": ["nih", "rsna", "nih"]})
        >>> tie_patients(about, np.array([0, 0, 1])).patient.tolist()
        ['nih:1', 'nih:1', 'nih:2']
    """
    numbers, ids = pd.factorize(about["patient"], sort=True)
    first = np.unique(image, return_index=True)[1][image]
    graph = coo_array((np.ones(len(numbers), dtype=bool), (numbers, numbers[first])), shape=(len(ids), len(ids)))
    count, person = connected_components(graph, directed=False)
    chief = np.full(count, len(ids))
    np.minimum.at(chief, person, np.arange(len(ids)))
    tied = np.flatnonzero(np.bincount(person, minlength=count)[person] > 1)
    words = about["word"].take(np.unique(numbers, return_index=True)[1]).to_numpy()
    table = pd.DataFrame({"person": person[tied], "id": np.asarray(ids, dtype=object)[tied], "word": words[tied]})
    people, suspicious = [], []
    for _, members in table.groupby("person", sort=False):
        people.append(" = ".join(members["id"]))
        if members["word"].duplicated().any():
            suspicious.append(people[-1])
    patient = pd.Series(ids.take(chief[person[numbers]]), index=about.index)
    return Ties(patient=patient, people=people, suspicious=suspicious)


def own_splits(patient: pd.Series, split: pd.Series) -> tuple[pd.Series, list[str]]:
    """Split of every row as the sources give it; a person in two of them goes to test before val before train.

    Returns:
        The splits, and who was in two.

    Example:
        >>> own_splits(pd.Series(["a", "a", "b"]), pd.Series(["train", "test", "train"]))[1]
        ['a']
    """
    rank = split.map({name: number for number, name in enumerate(SPLITS)}).to_numpy(dtype=np.int64)
    numbers, ids = pd.factorize(patient)
    highest, lowest = np.zeros(len(ids), dtype=np.int64), np.full(len(ids), len(SPLITS))
    np.maximum.at(highest, numbers, rank)
    np.minimum.at(lowest, numbers, rank)
    moved = np.asarray(ids, dtype=object)[highest > lowest]
    return pd.Series(np.array(SPLITS, dtype=object)[highest[numbers]], index=patient.index), moved.tolist()
