import gzip

import pandas as pd
import pytest

from lucency.data.table_files import existing_file, read_raw, read_text, write_raw
from lucency.errors import LucencyError, TableError


def _raises(content: str | bytes, suffix: str, tmp_path):
    path = tmp_path / f"table{suffix}"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(TableError) as caught:
        read_raw(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


def test_names_the_nearest_existing_file(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "labels.csv").touch()
    with pytest.raises(TableError, match=r"has no 'lables\.csv'; did you mean '.*labels\.csv'\?"):
        existing_file(tmp_path / "tables" / "lables.csv")
    with pytest.raises(TableError, match=r"has no 'table'; did you mean '.*tables'\?"):
        existing_file(tmp_path / "table" / "labels.csv")
    with pytest.raises(TableError, match="is a folder"):
        existing_file(tmp_path / "tables")


def test_a_path_through_a_file_is_one_clear_error(tmp_path):
    (tmp_path / "labels.csv").touch()
    with pytest.raises(TableError, match="no such file"):
        existing_file(tmp_path / "labels.csv" / "inside.csv")


def test_csv_stays_text(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes('\ufeffpatient,age,note\n00012,,"a, ""b""\nc"\nNA,1e3,null\n'.encode())
    assert read_raw(path).to_dict("list") == {
        "patient": ["00012", "NA"],
        "age": ["", "1e3"],
        "note": ['a, "b"\nc', "null"],
    }


def test_reads_compressed_csv(tmp_path):
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert read_raw(path).to_dict("list") == {"a": ["1"], "b": ["2"]}


def test_read_text_turns_typed_cells_into_text(tmp_path):
    pd.DataFrame({"a": [1, 2], "b": ["x", None]}).to_parquet(tmp_path / "table.parquet")
    assert read_text(tmp_path / "table.parquet").to_dict("list") == {"a": ["1", "2"], "b": ["x", ""]}


@pytest.mark.parametrize(
    ("content", "suffix", "message"),
    [
        ("", ".csv", "is empty"),
        ("a,b\n1,2\n1,2,3\n", ".csv", "the header has 2 columns but line 3 has 3"),
        ("a,b\n1\n", ".csv", "the header has 2 columns but line 2 has 1"),
        ("a;b\n1;2\n", ".csv", "not separated by commas"),
        ("a,b,a\n1,2,3\n", ".csv", "column a appears more than once"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", ".csv", "is not a readable .csv table"),
        (b"a,b\n\xff,2\n", ".csv", "is not a readable .csv table"),
        ("not gzip", ".csv.gz", "is not a readable .csv table"),
        ("a,b\n1,2\n", ".parquet", "is not a readable .parquet table"),
        ("a,b\n1,2\n", ".json", "is not a readable .json table"),
        ('{"a": 1}', ".json", "must be a list of objects"),
        ("PK", ".xlsx", "'.xlsx' is no table format; use .csv, .parquet, .json"),
        ("a,b\n1,2\n", "", "'' is no table format"),
    ],
)
def test_what_is_no_table_is_one_clear_error(content, suffix, message, tmp_path):
    assert message in _raises(content, suffix, tmp_path)


def test_writes_only_known_formats(tmp_path):
    with pytest.raises(TableError, match=r"use \.csv, \.parquet, \.json"):
        write_raw(pd.DataFrame({"a": [1]}), tmp_path / "table.xlsx")


def test_an_unwritable_place_is_a_clear_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LucencyError, match="cannot be written"):
        write_raw(pd.DataFrame({"a": [1]}), tmp_path / "file" / "table.csv")
