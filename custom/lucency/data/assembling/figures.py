"""Counts of what went into an assembled table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...labels import LabelState
from ..importers import Source

STATES = tuple(state.value for state in LabelState)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the summary tells beside the table itself.

    Attributes:
        images: rows of each source.
        said: see `count_states`.
        silent: how many labels a declared silence made negative, by source and finding.
        sources: each by the names of its rows, without its frame.
        duplicates: how many rows are another row's image, by what tells so.
        differing: number of merged images whose rows differ in view and in sex.
        people: ids of each person that goes by several.
        moved: persons whose sources put them into different splits.
    """

    images: Mapping[str, int]
    said: pd.DataFrame
    silent: Mapping[str, Mapping[str, int]]
    sources: Mapping[str, Source]
    duplicates: Mapping[str, int]
    differing: Mapping[str, int]
    people: Sequence[str]
    moved: Sequence[str]


def count_states(
    source: pd.Series, states: NDArray[np.int8], labelled: NDArray[np.bool_], findings: Sequence[str]
) -> pd.DataFrame:
    """How often each source gives each state to each finding that it labels.

    Args:
        source: of N images.
        states: (L, N), see `Rows`.
        labelled: (L, N), see `Rows`.
        findings: L ids.

    Returns:
        One row for each pair of source and finding that it labels on some image, as index; one column a state.

    Example:
        >>> count_states(pd.Series(["a", "b"]), np.array([[0, 3]]), np.array([[True, False]]), ["edema"])
                        positive  negative  uncertain  unmentioned
        source finding
        a      edema           1         0          0            0
    """
    numbers, names = pd.factorize(source, sort=True)
    width = len(STATES) + 1  # the last for what is not labelled
    counts = np.stack(
        [
            np.bincount(numbers * width + np.where(known, state, width - 1), minlength=width * len(names))
            for state, known in zip(states, labelled, strict=True)
        ]
    ).reshape(len(findings), len(names), width)
    index = pd.MultiIndex.from_product([names, findings], names=["source", "finding"])
    table = pd.DataFrame(counts.swapaxes(0, 1).reshape(-1, width)[:, :-1], index=index, columns=list(STATES))
    return table[table.sum(axis=1) > 0]
