"""Rows that are one image become one row."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...labels import SHARE, cell_lists
from ...labels.states import UNCERTAIN, UNMENTIONED
from .rows import ABOUT, Rows

Resolution = Literal["uncertain", "first", "error"]
_NOTHING = np.int8(UNMENTIONED)


@dataclass(frozen=True, kw_only=True)
class Merged:
    """G images of L findings.

    Attributes:
        about: columns of `Rows.about`, one row an image; source names all its sources, as in "nih+rsna".
        findings: L ids.
        states, labelled, implied: (L, G), as of `Rows`.
        shares: columns `share_<finding>`.
        disputed: bool (L, G), where rows of the image mention the finding in different states.
        differing: number of images whose rows differ in view and in sex.
    """

    about: pd.DataFrame
    findings: tuple[str, ...]
    states: NDArray[np.int8]
    labelled: NDArray[np.bool_]
    implied: NDArray[np.int8]
    shares: pd.DataFrame
    disputed: NDArray[np.bool_]
    differing: dict[str, int]


@dataclass(frozen=True)
class Groups:
    """Rows of the images that have several, sorted by image; `first` of them is the earliest.

    Attributes:
        rows: (M,), positions of these rows, together by image and in their own order within one.
        starts: where in `rows` each image begins.
        images: number of each of these images.
        first: (G,), earliest row of every image, also of those that have one only.
    """

    rows: NDArray[np.intp]
    starts: NDArray[np.intp]
    images: NDArray[np.int64]
    first: NDArray[np.intp]

    @classmethod
    def of(cls, image: NDArray[np.int64]) -> "Groups":
        """Groups of rows by the number of their image, which counts from 0 in the order of the rows."""
        first = np.unique(image, return_index=True)[1]
        rows = np.flatnonzero(np.bincount(image)[image] > 1)
        rows = rows[np.argsort(image[rows], kind="stable")]
        images, starts = np.unique(image[rows], return_index=True)
        return cls(rows, starts, images, first)

    def earliest(self, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Of each of `images`, the earliest of `rows` that is chosen ((M,)), and its first row if none is."""
        place = np.where(chosen, np.arange(len(self.rows)), len(self.rows))
        place = np.minimum.reduceat(place, self.starts)
        return self.rows[np.where(place < len(self.rows), place, self.starts)]


def merge(rows: Rows, groups: Groups, with_file: NDArray[np.bool_], resolution: Resolution = "uncertain") -> Merged:
    """Merge the rows of every image.

    A finding is labelled if any row labels it. A state that is mentioned beats unmentioned, equal states stay, and of
    different ones `resolution` makes uncertain, or the state of the first row that mentions the finding. The image
    file, study, view, age and sex are those of the first row that has them; shares of readers stay if nobody disputes
    them.

    Args:
        rows: of all sources.
        groups: which rows are one image.
        with_file: (N,), which rows have a file.
        resolution: "first", or anything else for uncertain.
    """
    states, implied = rows.states[:, groups.first], rows.implied[:, groups.first]
    labelled = rows.labelled[:, groups.first]
    disputed = np.zeros(states.shape, dtype=bool)
    about = rows.about.take(groups.first).reset_index(drop=True)
    shares = rows.shares.take(groups.first).reset_index(drop=True)
    for at in range(len(rows.findings)):
        said = rows.states[at, groups.rows]
        earliest = rows.states[at, groups.earliest(said != UNMENTIONED)]
        differs = _differs(said, said != UNMENTIONED, groups)
        states[at, groups.images] = earliest if resolution == "first" else np.where(differs, UNCERTAIN, earliest)
        disputed[at, groups.images] = differs
        labelled[at, groups.images] = np.logical_or.reduceat(rows.labelled[at, groups.rows], groups.starts)
        implied[at, groups.images] = _merged_implied(rows.implied[at, groups.rows], groups)
    differing = _merge_about(about, rows.about, groups, with_file[groups.rows])
    for column in rows.shares:
        finding = rows.findings.index(str(column).removeprefix(SHARE))
        _merge_shares(shares, rows.shares[column], disputed[finding, groups.images], groups)
    return Merged(
        about=about,
        findings=rows.findings,
        states=states,
        labelled=labelled,
        implied=implied,
        shares=shares,
        disputed=disputed,
        differing=differing,
    )


def source_names(source: pd.Series, groups: Groups) -> NDArray[np.object_]:
    """Names of all sources of each image that has several rows, joined by "+" in the order of the rows."""
    numbers, names = pd.factorize(source.iloc[groups.rows])
    member = np.zeros((len(groups.images), len(names)), dtype=bool)
    member[np.repeat(np.arange(len(groups.images)), np.diff(np.append(groups.starts, len(groups.rows)))), numbers] = (
        True
    )
    rank = np.argsort(pd.Series(range(len(source))).groupby(source.to_numpy()).min()[names].to_numpy())
    kinds, texts = pd.factorize(cell_lists(member[:, rank], [str(number) for number in rank]))
    parts = [[part for number in text.split() for part in names[int(number)].split("+")] for text in texts]
    return np.array(["+".join(dict.fromkeys(part)) for part in parts], dtype=object)[kinds]


def _differs(values: NDArray[Any], present: NDArray[np.bool_], groups: Groups) -> NDArray[np.bool_]:
    """Whether the present ones among the values (0 or larger) of an image differ."""
    low = np.minimum.reduceat(np.where(present, values, np.iinfo(values.dtype).max), groups.starts)
    high = np.maximum.reduceat(np.where(present, values, -1), groups.starts)
    return np.asarray(low < high)


def _merged_implied(implied: NDArray[np.int8], groups: Groups) -> NDArray[np.int8]:
    """The state that rows of an image call implied; nothing where they differ."""
    known = implied != UNMENTIONED
    earliest = np.minimum.reduceat(implied, groups.starts)
    return np.where(_differs(implied, known, groups), _NOTHING, earliest)


def _merge_about(
    about: pd.DataFrame, every: pd.DataFrame, groups: Groups, with_file: NDArray[np.bool_]
) -> dict[str, int]:
    """Fill the images that have several rows into `about`; say how many differ in what ought to be equal."""
    about.loc[groups.images, "image"] = every["image"].take(groups.earliest(with_file)).to_numpy()
    differing = {}
    for column in ABOUT:
        values = every[column].iloc[groups.rows]
        present = (values.notna() if column == "age" else values.ne("")).to_numpy()
        about.loc[groups.images, column] = every[column].take(groups.earliest(present)).to_numpy()
        if column in ("view", "sex"):
            kinds = pd.factorize(values)[0]
            differing[column] = int(_differs(kinds, present, groups).sum())
    about.loc[groups.images, "source"] = source_names(every["source"], groups)
    return differing


def _merge_shares(shares: pd.DataFrame, every: pd.Series, disputed: NDArray[np.bool_], groups: Groups) -> None:
    values = every.iloc[groups.rows]
    present = values.ne("").to_numpy()
    kept = every.take(groups.earliest(present)).to_numpy().copy()
    kept[disputed | _differs(pd.factorize(values)[0], present, groups)] = ""
    shares.loc[groups.images, every.name] = kept
