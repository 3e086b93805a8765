"""The four states of knowledge about one finding on one image."""

import difflib
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import LabelError


class LabelState(StrEnum):
    """What a source says of one finding on one image.

    | state | the source |
    | --- | --- |
    | `POSITIVE` | says that the finding is there |
    | `NEGATIVE` | says that it is not there |
    | `UNCERTAIN` | mentions it and does not decide |
    | `UNMENTIONED` | says nothing about it |

    The states are those of the CheXpert labeller (Irvin et al., AAAI 2019, arXiv 1901.07031): 1, 0, -1 and blank.

    Example:
        >>> LabelState("negative") is LabelState.NEGATIVE, LabelState.NEGATIVE == "negative"
        (True, True)
    """

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNCERTAIN = "uncertain"
    UNMENTIONED = "unmentioned"


POSITIVE, NEGATIVE, UNCERTAIN, UNMENTIONED = range(4)  # the codes of `encode_states`
_STATES = pd.Index([state.value for state in LabelState], dtype=object)


def parse_state(value: object, *, finding: str | None = None, row: object = None) -> LabelState:
    """The state that `value` spells exactly; nothing else is guessed.

    Args:
        value: text of a state.
        finding: named in the error.
        row: named in the error.

    Raises:
        LabelError: `value` is not the text of a state.

    Example:
        >>> parse_state("uncertain")
        <LabelState.UNCERTAIN: 'uncertain'>
        >>> parse_state("Negative", finding="edema", row=7)
        Traceback (most recent call last):
        ...
        lucency.errors.LabelError: finding 'edema', row 7: 'Negative' is not a label state; did you mean 'negative'?
    """
    if isinstance(value, str) and value in _STATES:
        return LabelState(value)
    raise LabelError(_message(value, finding, row))


def encode_states(states: pd.DataFrame | pd.Series | ArrayLike) -> NDArray[np.int8]:
    """Positions of states in `LabelState`: 0 positive, 1 negative, 2 uncertain, 3 unmentioned.

    Args:
        states: texts of states in any shape; a frame has images as rows and findings as columns.

    Returns:
        int8 of the same shape.

    Raises:
        LabelError: a value is not the text of a state; finding and row are named from the frame or series.

    Example:
        >>> encode_states(["uncertain", "positive"]).tolist()
        [2, 0]
    """
    if isinstance(states, pd.DataFrame):
        encoded = np.empty(states.shape, dtype=np.int8)
        for position, (_, column) in enumerate(states.items()):
            encoded[:, position] = encode_states(column)
        return encoded
    values = states if isinstance(states, pd.Series) else np.asarray(states, dtype=object)
    kinds, texts = pd.factorize(np.ravel(values) if values.ndim != 1 else values)  # few texts, many cells
    known = np.append(_STATES.get_indexer(pd.Index(texts, dtype=object)), -1).astype(np.int8)
    codes: NDArray[np.int8] = known[kinds].reshape(values.shape)  # kind -1, an empty cell, takes the last entry
    if (codes < 0).any():
        raise _error(states, tuple(np.argwhere(codes < 0)[0]))
    return codes


def is_observed(states: pd.DataFrame | pd.Series | ArrayLike) -> NDArray[np.bool_]:
    """Where a source decided: positive or negative.

    Args:
        states: texts of states in any shape.

    Returns:
        bool of the same shape.

    Raises:
        LabelError: a value is not the text of a state.

    Example:
        >>> is_observed(["positive", "negative", "uncertain", "unmentioned"]).tolist()
        [True, True, False, False]
    """
    return np.asarray(encode_states(states) <= NEGATIVE)


def is_mentioned(states: pd.DataFrame | pd.Series | ArrayLike) -> NDArray[np.bool_]:
    """Where a source said anything: positive, negative or uncertain.

    Args:
        states: texts of states in any shape.

    Returns:
        bool of the same shape.

    Raises:
        LabelError: a value is not the text of a state.

    Example:
        >>> is_mentioned(["positive", "negative", "uncertain", "unmentioned"]).tolist()
        [True, True, True, False]
    """
    return np.asarray(encode_states(states) != UNMENTIONED)


def _error(states: pd.Series | ArrayLike, at: tuple[int, ...]) -> LabelError:
    """Finding and row as the user calls them: name and index of a series, position elsewhere."""
    value = np.asarray(states, dtype=object)[at]
    if isinstance(states, pd.Series):
        finding = None if states.name is None else str(states.name)
        return LabelError(_message(value, finding, states.index[at[0]]))
    return LabelError(_message(value, None, at[0] if at else None))


def _message(value: object, finding: str | None, row: object) -> str:
    where = [f"finding '{finding}'"] * (finding is not None) + [f"row {row}"] * (row is not None)
    return f"{', '.join(where) or 'label'}: {_complaint(value)}"


def _complaint(value: object) -> str:
    if value is None or value is pd.NA or value != value:
        return f"an empty cell is not a label state; write '{LabelState.UNMENTIONED}' where the source says nothing"
    near = difflib.get_close_matches(str(value).strip().lower(), list(_STATES), n=1)
    if near:
        return f"{value!r} is not a label state; did you mean '{near[0]}'?"
    return f"{value!r} is not a label state; import the labels to turn raw codes into {', '.join(_STATES)}"
