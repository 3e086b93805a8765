import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.data import read_study_table, table_fingerprint, write_study_table
from lucency.errors import TableError
from references.study_tables import FINDINGS, STATES, plain_table, study_tables


@settings(max_examples=60, deadline=None)
@given(frame=study_tables(), data=st.data())
def test_the_order_of_rows_and_columns_does_not_count(frame, data):
    rows = data.draw(st.permutations(range(len(frame))))
    columns = data.draw(st.permutations(list(frame.columns)))
    assert table_fingerprint(frame.iloc[rows][columns]) == table_fingerprint(frame)


@settings(max_examples=60, deadline=None)
@given(frame=study_tables(), data=st.data())
def test_any_changed_state_counts(frame, data):
    finding = data.draw(st.sampled_from(FINDINGS))
    row = data.draw(st.integers(0, len(frame) - 1))
    other = data.draw(st.sampled_from([state for state in STATES if state != frame[finding].iloc[row]]))
    changed = frame.copy()
    changed.loc[row, finding] = other
    assert table_fingerprint(changed) != table_fingerprint(frame)


@pytest.mark.parametrize("column", ["image", "patient", "split"])
def test_identity_and_split_count(column):
    frame = plain_table()
    changed = frame.astype({column: object})
    changed.loc[5, column] = "val" if column == "split" else "other"
    assert table_fingerprint(changed) != table_fingerprint(frame)
    assert table_fingerprint(frame.drop(index=5)) != table_fingerprint(frame)
    assert table_fingerprint(frame.drop(columns="split")) != table_fingerprint(frame)


def test_what_a_source_labels_and_what_readers_say_count():
    frame = plain_table()
    told = frame.assign(labelled=" ".join(FINDINGS), **{f"share_{FINDINGS[0]}": "0.5"})
    asked_less = told.assign(labelled=FINDINGS[0])
    other_share = told.assign(**{f"share_{FINDINGS[0]}": "0.25"})
    assert len({table_fingerprint(table) for table in (frame, told, asked_less, other_share)}) == 4


def test_swapped_findings_count():
    frame = plain_table()
    swapped = frame.rename(columns={"effusion": "edema", "edema": "effusion"})
    assert table_fingerprint(swapped) != table_fingerprint(frame)


def test_what_does_not_teach_does_not_count():
    frame = plain_table()
    assert table_fingerprint(frame.assign(age=1.0, sex="", view="", comment="x")) == table_fingerprint(frame)


def test_the_file_format_does_not_count(tmp_path):
    frame = plain_table()
    for suffix in (".csv", ".parquet", ".json"):
        path = write_study_table(frame, tmp_path / f"table{suffix}")
        assert table_fingerprint(read_study_table(path, check_files=False)) == table_fingerprint(frame)


def test_cells_that_run_together_are_told_apart():
    left = pd.DataFrame({"image": ["a", "b"], "patient": ['1", "2', "3"]})
    right = pd.DataFrame({"image": ["a", "b"], "patient": ["1", '2", "3']})
    assert table_fingerprint(left) != table_fingerprint(right)


def test_an_image_listed_twice_has_no_fingerprint():
    frame = plain_table()
    with pytest.raises(TableError, match=r"image images/0\.png is listed twice"):
        table_fingerprint(pd.concat([frame, frame.head(1)]))
