import json

import pytest

from lucency.data import check_split_record, split_hash, write_split_record
from lucency.errors import TableError
from references.study_tables import plain_table

FRACTIONS = {"train": 0.5, "val": 0.25, "test": 0.25}


def test_the_record_lies_beside_the_table_and_tells_how_it_was_split(tmp_path):
    frame = plain_table()
    path = write_split_record(frame, tmp_path / "table.csv", FRACTIONS, seed=7)
    assert path == tmp_path / "table.split.json"
    record = json.loads(path.read_text())
    assert record == check_split_record(frame, tmp_path / "table.csv")
    assert (record["seed"], record["fractions"], record["sha256"]) == (7, FRACTIONS, split_hash(frame))
    assert record["patients"] == {"train": 2, "val": 1, "test": 1}
    assert record["images"] == {"train": 3, "val": 1, "test": 2}
    assert record["positive"] == {
        "effusion": {"train": 1, "val": 0, "test": 1},
        "edema": {"train": 0, "val": 0, "test": 1},
    }


def test_a_table_without_a_record_has_nothing_to_check(tmp_path):
    assert check_split_record(plain_table(), tmp_path / "table.csv") is None


def test_a_patient_that_moved_is_noticed(tmp_path):
    frame = plain_table()
    write_split_record(frame, tmp_path / "table.csv", FRACTIONS, seed=7)
    moved = frame.assign(split=frame["split"].mask(frame["patient"].eq("7"), "test"))
    with pytest.raises(TableError, match=r"differ from table\.split\.json \(seed 7\)"):
        check_split_record(moved, tmp_path / "table.csv")


def test_a_table_that_lost_its_split_is_noticed(tmp_path):
    write_split_record(plain_table(), tmp_path / "table.csv", FRACTIONS, seed=7)
    with pytest.raises(TableError, match="differ from"):
        check_split_record(plain_table().drop(columns="split"), tmp_path / "table.csv")
    with pytest.raises(TableError, match="no column split"):
        write_split_record(plain_table().drop(columns="split"), tmp_path / "table.csv", FRACTIONS, seed=7)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"seed": 1}', "\x00"])
def test_a_damaged_record_is_a_clear_error(content, tmp_path):
    (tmp_path / "table.split.json").write_text(content)
    with pytest.raises(TableError, match="is not a split record"):
        check_split_record(plain_table(), tmp_path / "table.csv")
