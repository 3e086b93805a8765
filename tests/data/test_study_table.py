import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from pandas.testing import assert_frame_equal

from lucency.data import read_study_table, write_study_table
from lucency.errors import TableError
from references.study_tables import plain_table, study_tables

SUFFIXES = [".csv", ".parquet", ".json"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frame=study_tables())
def test_what_is_written_is_read_back(suffix, frame, tmp_path_factory):
    path = write_study_table(frame, tmp_path_factory.mktemp("table") / f"table{suffix}")
    assert_frame_equal(read_study_table(path, check_files=False), frame, check_dtype=False)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_columns_have_the_same_types_whatever_the_format(suffix, tmp_path):
    frame = plain_table().assign(followup=range(6), note=None)
    read = read_study_table(write_study_table(frame, tmp_path / f"table{suffix}"), check_files=False)
    assert read["age"].dtype == "float64"
    assert read["patient"].tolist()[0] == "00012"
    assert read["followup"].tolist() == list("012345")
    assert read["note"].tolist() == [""] * 6


def test_csv_is_plain_to_read(tmp_path):
    lines = write_study_table(plain_table(), tmp_path / "table.csv").read_text().splitlines()
    assert lines[0] == "image,patient,study,view,age,sex,source,split,effusion,edema"
    assert lines[1] == "images/0.png,00012,1,PA,61,F,nih,train,positive,unmentioned"
    assert lines[3] == "images/2.png,7,,,,,nih,val,uncertain,unmentioned"


def test_json_is_a_list_of_records(tmp_path):
    records = json.loads(write_study_table(plain_table(), tmp_path / "table.json").read_text())
    assert records[2]["age"] is None
    assert records[0]["patient"] == "00012"


def test_json_numbers_are_read_as_text(tmp_path):
    record = plain_table().iloc[0].to_dict() | {"patient": 12, "study": None}
    (tmp_path / "table.json").write_text(json.dumps([record]))
    read = read_study_table(tmp_path / "table.json", check_files=False)
    assert read.loc[0, ["patient", "study"]].tolist() == ["12", ""]


def test_ids_kept_as_decimals_are_refused(tmp_path):
    plain_table().assign(patient=1.0).to_parquet(tmp_path / "table.parquet")
    with pytest.raises(TableError, match="column patient holds decimal numbers"):
        read_study_table(tmp_path / "table.parquet", check_files=False)


def test_relative_images_start_from_the_table_or_from_image_root(tmp_path):
    frame = plain_table().head(1)
    path = write_study_table(frame, tmp_path / "tables" / "table.csv")
    for root in ("tables", "elsewhere"):
        (tmp_path / root / "images").mkdir(parents=True)
    (tmp_path / "elsewhere" / frame["image"][0]).touch()
    with pytest.raises(TableError, match="absent"):
        read_study_table(path)
    assert len(read_study_table(path, image_root=tmp_path / "elsewhere")) == 1
    (tmp_path / "tables" / frame["image"][0]).touch()
    assert len(read_study_table(path)) == 1


def test_errors_name_the_file(tmp_path):
    path = tmp_path / "table.csv"
    plain_table().drop(columns="sex").to_csv(path, index=False)
    with pytest.raises(TableError, match=rf"^{path}: column sex is missing"):
        read_study_table(path, check_files=False)


def test_an_age_that_is_text_is_named(tmp_path):
    path = tmp_path / "table.csv"
    plain_table().astype({"age": object}).assign(age="old").to_csv(path, index=False)
    with pytest.raises(TableError, match=r"age is 'old' in row 1, row 2, row 3 and 3 more"):
        read_study_table(path, check_files=False)


def test_an_invalid_table_is_not_written_over_a_valid_one(tmp_path):
    path = write_study_table(plain_table(), tmp_path / "table.csv")
    before = path.read_bytes()
    with pytest.raises(TableError):
        write_study_table(plain_table().assign(edema="1"), path)
    assert path.read_bytes() == before


def test_writing_leaves_the_frame_alone(tmp_path):
    frame = plain_table().assign(followup=range(6))
    before = frame.copy(deep=True)
    write_study_table(frame, tmp_path / "table.csv")
    pd.testing.assert_frame_equal(frame, before)
