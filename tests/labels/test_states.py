import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lucency.errors import LabelError
from lucency.labels import LabelState, encode_states, is_mentioned, is_observed, parse_state

STATES = [state.value for state in LabelState]


def test_there_are_four_states_and_their_texts_are_their_values():
    assert STATES == ["positive", "negative", "uncertain", "unmentioned"]
    assert [str(state) for state in LabelState] == STATES


@pytest.mark.parametrize("state", list(LabelState))
def test_a_state_parses_to_itself(state):
    assert parse_state(state.value) is state
    assert parse_state(state) is state


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("Positive", "did you mean 'positive'?"),
        (" negative", "did you mean 'negative'?"),
        ("unmentionned", "did you mean 'unmentioned'?"),
        (None, "write 'unmentioned'"),
        (float("nan"), "write 'unmentioned'"),
        (pd.NA, "write 'unmentioned'"),
        (pd.NaT, "write 'unmentioned'"),
        (-1, "import the labels"),
        (1.0, "import the labels"),
        ("1", "import the labels"),
        ("", "import the labels"),
    ],
)
def test_nothing_but_a_state_is_a_state(value, hint):
    with pytest.raises(LabelError, match="finding 'edema', row 7: ") as error:
        parse_state(value, finding="edema", row=7)
    assert hint in str(error.value)
    assert "\n" not in str(error.value)


@given(st.lists(st.sampled_from(STATES)))
def test_vectorised_predicates_equal_the_rule_one_by_one(states):
    assert is_observed(states).tolist() == [state in ("positive", "negative") for state in states]
    assert is_mentioned(states).tolist() == [state != "unmentioned" for state in states]
    assert encode_states(states).tolist() == [STATES.index(state) for state in states]


@pytest.mark.parametrize(
    "container",
    [
        np.array(STATES),
        np.array(STATES, dtype=object),
        pd.Series(STATES),
        pd.Series(STATES, dtype="category"),
        pd.Series(STATES, dtype=object),
        pd.Series(list(LabelState)),
    ],
    ids=["numpy", "numpy object", "series", "categorical", "object", "enum members"],
)
def test_any_column_type_is_read(container):
    assert encode_states(container).tolist() == [0, 1, 2, 3]
    assert encode_states(container).dtype == np.int8
    assert is_observed(container).tolist() == [True, True, False, False]


def test_shape_is_kept():
    frame = pd.DataFrame({"edema": ["positive", "uncertain", "negative"], "mass": ["unmentioned"] * 3})
    assert is_mentioned(frame).tolist() == [[True, False]] * 3
    assert encode_states(frame.iloc[:0]).shape == (0, 2)
    assert bool(is_observed("negative")) is True
    assert bool(is_observed("unmentioned")) is False


@pytest.mark.parametrize(
    ("states", "place"),
    [
        (pd.DataFrame({"mass": "positive", "edema": ["negative", "2"]}, index=["a", "b"]), "finding 'edema', row b:"),
        (pd.Series(["positive", "2"], name="edema", index=[10, 20]), "finding 'edema', row 20:"),
        (pd.Series(["positive", "2"]), "row 1:"),
        (np.array(["positive", "2"]), "row 1:"),
        ("2", "label:"),
    ],
)
def test_errors_name_finding_and_row_as_the_user_does(states, place):
    with pytest.raises(LabelError) as error:
        encode_states(states)
    assert str(error.value).startswith(f"{place} '2' is not a label state")
