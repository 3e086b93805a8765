"""The study table that comes of merged rows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from ...errors import TableError
from ...labels import IMPLIED, LABELLED, SHARE, cell_lists
from ...labels.states import UNMENTIONED
from ..validation import REQUIRED_COLUMNS
from .figures import STATES
from .merge import Merged


def study_table(
    merged: Merged, follows: NDArray[np.int8] | None, patient: pd.Series, findings: Sequence[str]
) -> pd.DataFrame:
    """Study table with columns `labelled` and `implied`.

    Args:
        merged: images of all findings.
        follows: (L, G), what `implied_states` returns; None for nothing.
        patient: G ids.
        findings: those of the table.

    Raises:
        TableError: two images have one name, so that no one could tell their files apart.
    """
    _check_images(merged.about)
    columns = {name: merged.about[name] for name in REQUIRED_COLUMNS} | {"patient": patient.reset_index(drop=True)}
    position = [merged.findings.index(finding) for finding in findings]
    states = merged.states[position]
    derived = np.zeros(states.shape, dtype=bool)
    if follows is not None:
        derived = follows[position] != UNMENTIONED
        states = np.where(derived, follows[position], states)
    columns[LABELLED] = _text(cell_lists(merged.labelled[position].T, findings))
    columns[IMPLIED] = _text(cell_lists(derived.T, findings))
    for finding, codes in zip(findings, states, strict=True):
        columns[finding] = _state_texts(codes)
        if SHARE + finding in merged.shares:
            columns[SHARE + finding] = merged.shares[SHARE + finding]
    return pd.DataFrame(columns)


def _text(values: NDArray[np.object_]) -> pd.Series:
    return pd.Series(values, dtype="str")


def _state_texts(codes: NDArray[np.int8]) -> pd.Series:
    array = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(STATES, pa.large_string())).dictionary_decode()
    texts: pd.Series = pa.chunked_array([array]).to_pandas().astype("str")
    return texts


def _check_images(about: pd.DataFrame) -> None:
    twice = about["image"].duplicated(keep=False)
    if twice.any():
        name = about.loc[twice, "image"].iloc[0]
        sources = " and ".join(about.loc[about["image"].eq(name), "source"].unique())
        raise TableError(
            f"image '{name}' of {sources} is not told to be one image, nor where its files are; give each its "
            "'images:' folder, or the same 'patients:' word if they are the same images"
        )
