import re
import uuid

from hypothesis import given
from hypothesis import strategies as st

from lucency.results.uids import NAMESPACE, deterministic_uid


@given(st.lists(st.text(), min_size=1))
def test_uid_is_valid_and_repeats(parts):
    made = deterministic_uid(*parts)
    assert re.fullmatch(r"2\.25\.(0|[1-9]\d*)", made)
    assert len(made) <= 64
    assert deterministic_uid(*parts) == made


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_other_parts_give_another_uid(one, other):
    assert (deterministic_uid(*one) == deterministic_uid(*other)) == (one == other)


def test_uid_is_a_name_based_uuid():
    number = int(deterministic_uid("report", "1.2.3").removeprefix("2.25."))
    assert uuid.UUID(int=number) == uuid.uuid5(NAMESPACE, '["report", "1.2.3"]')
    assert uuid.UUID(int=number).version == 5
