import logging
import os
from pathlib import Path

import pandas as pd
import pytest
from pydicom.data import get_testdata_file

from lucency.data.importers.image_files import keep_found, list_images, match_images, relative_to_table
from lucency.errors import TableError


def test_images_are_listed_in_order_from_every_folder(tmp_path):
    for name in ("b/2.PNG", "a/1.dcm", "3.nii.gz", "c/d/4.jpeg", "notes.txt", "a/.1.png", "5.xml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list_images(tmp_path) == ["3.nii.gz", "a/1.dcm", "b/2.PNG", "c/d/4.jpeg"]


def test_dicom_without_a_suffix_is_an_image(tmp_path):
    dicom = Path(get_testdata_file("CT_small.dcm")).read_bytes()
    for name in ("IM0001", "1.2.840.10008"):
        (tmp_path / name).write_bytes(dicom)
    (tmp_path / "README").write_text("no image")
    (tmp_path / "DICOMDIR.bak").write_bytes(dicom)
    assert list_images(tmp_path) == ["1.2.840.10008", "IM0001"]


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(TableError, match="holds no image"):
        list_images(tmp_path)
    with pytest.raises(TableError, match="is no folder"):
        list_images(tmp_path / "nowhere")


def test_a_bare_name_is_found_in_any_folder_with_or_without_suffix():
    files = ["x/a.png", "y/b.nii.gz", "c.dcm"]
    assert match_images(pd.Series(["a.png", "a", "b", "c.dcm", "d"]), files).tolist() == [
        "x/a.png", "x/a.png", "y/b.nii.gz", "c.dcm", "",
    ]  # fmt: skip


def test_a_path_means_that_path_only():
    files = ["p1/view1.jpg", "p2/view2.jpg"]
    assert match_images(pd.Series(["p1/view1.jpg", "p1/view2.jpg"]), files).tolist() == ["p1/view1.jpg", ""]


def test_an_ambiguous_name_is_refused():
    with pytest.raises(TableError, match=r"image 'a\.png' in row 1 fits x/a\.png, y/a\.png; give its folder"):
        match_images(pd.Series(["a.png"]), ["x/a.png", "y/a.png"])
    with pytest.raises(TableError, match="fits"):
        match_images(pd.Series(["a"]), ["a.dcm", "a.png"])


def test_rows_without_a_file_are_an_error_or_dropped(caplog):
    frame = pd.DataFrame({"image": ["a", "b", "c"], "n": [0, 1, 2]})
    found = pd.Series(["x/a.png", "", "x/c.png"])
    with pytest.raises(TableError, match=r"labels\.csv: 1 of 3 images are not in 'images': row 2 \(b\)"):
        keep_found(frame, found, "labels.csv", "images", "error")
    with caplog.at_level(logging.WARNING):
        kept = keep_found(frame, found, "labels.csv", "images", "drop")
    assert kept.to_dict("list") == {"image": ["x/a.png", "x/c.png"], "n": [0, 2]}
    assert "row 2 (b); rows left out" in caplog.text
    with pytest.raises(TableError, match="none of its 3 images"):
        keep_found(frame, pd.Series([""] * 3), "labels.csv", "images", "drop")
    with pytest.raises(TableError, match="'error' or 'drop'"):
        keep_found(frame, found, "labels.csv", "images", "ignore")


@pytest.mark.parametrize("images", ["data/images", "data", "elsewhere/deep", ".", "data/tables"])
@pytest.mark.parametrize("table", ["data/table.csv", "table.csv", "data/tables/table.csv"])
def test_paths_from_the_table_lead_to_the_same_files(images, table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = ["a.png", "b/c.png", "./d.png", "b//e.png", "../f.png", "b/../g.png", "h..png", ".i.png"]
    moved = relative_to_table(pd.DataFrame({"image": paths}), images, table)["image"]
    assert [os.path.normpath(os.path.join(os.path.dirname(table), path)) for path in moved] == [
        os.path.normpath(os.path.join(images, path)) for path in paths
    ]
    assert moved.tolist() == [os.path.normpath(path) for path in moved]


def test_absolute_folders_and_paths_are_understood(tmp_path):
    frame = pd.DataFrame({"image": ["a.png", str(tmp_path / "b.png")], "n": [1, 2]}, index=[3, 4])
    moved = relative_to_table(frame, tmp_path / "images", tmp_path / "tables" / "table.csv")
    assert moved["image"].tolist() == ["../images/a.png", str(tmp_path / "b.png")]
    assert moved["n"].tolist() == [1, 2]
    pd.testing.assert_frame_equal(relative_to_table(frame, None, "table.csv"), frame)
