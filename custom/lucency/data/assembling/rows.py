"""What the images of several sources are about, and what their sources say of every finding, as arrays."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...labels import IMPLIED, SHARE, encode_states, labelled_cells, listed_cells
from ...labels.states import NEGATIVE, POSITIVE, UNCERTAIN, UNMENTIONED
from ..importers import Source
from ..validation import finding_columns
from .hierarchy import kinships

_POSSIBLE = (POSITIVE, UNCERTAIN)

ABOUT = ("study", "view", "age", "sex")
"""Columns that a merged row takes from the first of its rows that has them."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """N rows of study tables that speak of L findings.

    Attributes:
        about: input (number of the table), image (path from the assembled table), path (absolute, "" without an image
            folder), label (as the source spells the image), word (see `SourceSettings.patients`), patient, study, view,
            age, sex, source and, if the source has one, split.
        findings: L ids.
        states: int8 (L, N), what a source says, as `encode_states` numbers it.
        labelled: bool (L, N), whether the source labels the finding.
        implied: int8 (L, N), states that the source's table already called implied.
        silent: how many states are negative by a declared silence, by finding; empty for none.
        shares: columns `share_<finding>`, text.
    """

    about: pd.DataFrame
    findings: tuple[str, ...]
    states: NDArray[np.int8]
    labelled: NDArray[np.bool_]
    implied: NDArray[np.int8]
    silent: Mapping[str, int]
    shares: pd.DataFrame


def rows_of(source: Source, folder: str | Path) -> Rows:
    """Rows of a source, with its settings done: kept findings, silence, patients of one hospital apart from another's.

    A silence that is declared negative makes unmentioned labels negative, except that of a finding of which the row
    calls a kind positive or uncertain: who sees an edema does not deny an opacity by not writing it down.

    Args:
        source: as `read_source` returns it.
        folder: of the assembled table.
    """
    frame, settings = source.frame, source.settings
    findings = tuple(name for name in finding_columns(frame) if settings.keep is None or name in settings.keep)
    states = np.ascontiguousarray(encode_states(frame[list(findings)]).T)
    labelled = np.ascontiguousarray(labelled_cells(frame, findings).T)
    implied = np.full_like(states, UNMENTIONED)
    if IMPLIED in frame:
        derived = np.ascontiguousarray(listed_cells(frame[IMPLIED], findings).T)
        implied[derived] = states[derived]
        states[derived] = UNMENTIONED
    silent = _silence(states, labelled, implied, findings) if settings.silence == "negative" else {}
    shares = [SHARE + finding for finding in findings if SHARE + finding in frame]
    return Rows(
        about=_about(frame, source, folder),
        findings=findings,
        states=states,
        labelled=labelled,
        implied=implied,
        silent=silent,
        shares=frame[shares].reset_index(drop=True),
    )


def stack(parts: Sequence[Rows], findings: Sequence[str]) -> Rows:
    """Rows of several sources one below the other, of all `findings`; who does not label one says nothing about it."""
    total = sum(len(part.about) for part in parts)
    states = np.full((len(findings), total), UNMENTIONED, dtype=np.int8)
    implied = states.copy()
    labelled = np.zeros(states.shape, dtype=bool)
    silent: Counter[str] = Counter()
    start = 0
    for number, part in enumerate(parts):
        part.about.insert(0, "input", number)
        at = [findings.index(finding) for finding in part.findings]
        block = slice(start, start := start + len(part.about))
        states[at, block], labelled[at, block], implied[at, block] = part.states, part.labelled, part.implied
        silent.update(part.silent)
    about = pd.concat([part.about for part in parts], ignore_index=True)
    shares = pd.concat([part.shares for part in parts], ignore_index=True).fillna("")
    return Rows(
        about=about,
        findings=tuple(findings),
        states=states,
        labelled=labelled,
        implied=implied,
        silent=silent,
        shares=shares,
    )


def _silence(
    states: NDArray[np.int8], labelled: NDArray[np.bool_], implied: NDArray[np.int8], findings: Sequence[str]
) -> dict[str, int]:
    """Fill declared negatives into `states`; count them by finding."""
    possible = np.isin(states, _POSSIBLE) | np.isin(implied, _POSSIBLE)
    silent = labelled & (states == UNMENTIONED) & (implied == UNMENTIONED)
    for kind, broader in kinships(findings):
        silent[broader] &= ~possible[kind]
    states[silent] = NEGATIVE
    return dict(zip(findings, silent.sum(axis=1).tolist(), strict=True))


def _about(frame: pd.DataFrame, source: Source, folder: str | Path) -> pd.DataFrame:
    word = source.settings.patients or "+".join(sorted(frame["source"].unique()))
    image, path = _places(frame["image"].astype(str), source.images, folder)
    study = frame["study"].astype(str)
    columns = {
        "image": image,
        "path": path,
        "label": frame["image"].astype(str),
        "word": pd.Series(word, index=frame.index, dtype="str"),
        "patient": _prefixed(frame["patient"].astype(str), word),
        "study": _prefixed(study, word).where(study.ne(""), ""),
        **{name: frame[name] for name in ("view", "age", "sex", "source", "split") if name in frame},
    }
    return pd.DataFrame(columns).reset_index(drop=True)


def _prefixed(ids: pd.Series, word: str) -> pd.Series:
    """`word:id`; a table whose every id has that form already, as an assembled one, keeps its ids."""
    start = f"{word}:"
    return ids if (ids.str.startswith(start) | ids.eq("")).all() else start + ids


def _places(images: pd.Series, root: Path | None, folder: str | Path) -> tuple[pd.Series, pd.Series]:
    """Path of every image from `folder`, and its absolute path; names without a folder stay as they are."""
    absolute = images.str.startswith("/")
    if root is None:
        return images, images.where(absolute, "")
    start = os.path.relpath(root, folder)
    image = images if start == "." else start + "/" + images
    path = os.path.realpath(root).rstrip("/") + "/" + images
    odd = images.str.contains(r"(?:^|/)\.{0,2}(?:/|$)", regex=True)  # absolute, or with '.', '..' or '//' on the way
    if odd.any():
        image, path = image.copy(), path.copy()
        joined = images[odd].map(lambda name: os.path.join(root, name))
        image[odd] = joined.map(lambda name: os.path.relpath(name, folder))
        path[odd] = joined.map(os.path.realpath)
    return image, path
