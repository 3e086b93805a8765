import pandas as pd
import pytest

from lucency.data import read_study_table, write_study_table
from lucency.data.importers import import_table
from lucency.errors import TableError
from references.study_tables import plain_table


@pytest.fixture
def table(tmp_path):
    frame = plain_table().assign(labelled="effusion edema", share_edema="0.5", comment="!")
    return write_study_table(frame, tmp_path / "tables" / "table.parquet")


def test_everything_in_the_table_is_kept(table):
    pd.testing.assert_frame_equal(import_table(table), read_study_table(table, check_files=False))


def test_images_are_looked_for_where_they_are_said_to_be(table, tmp_path):
    (tmp_path / "images").mkdir()
    for number in (0, 2):
        (tmp_path / "images" / f"{number}.png").touch()
    with pytest.raises(TableError, match="4 of 6 images are not in"):
        import_table(table, images=tmp_path)
    frame = import_table(table, images=tmp_path, missing_images="drop")
    assert frame["image"].tolist() == ["images/0.png", "images/2.png"]


def test_what_is_no_study_table_is_refused(tmp_path):
    (tmp_path / "table.csv").write_text("image,label\na.png,1\n")
    with pytest.raises(TableError, match="column patient, study, view"):
        import_table(tmp_path / "table.csv")
