import logging
import tarfile

import pandas as pd
import pydicom
import pytest
from pydicom.data import get_testdata_file

from lucency.data import load_records, read_study_table, write_study_table
from lucency.data.importers import import_folder
from lucency.errors import LabelError, TableError
from lucency.labels import NIH14

VALUES = {"1": "positive", "0": "negative", "-1": "uncertain", "": "unmentioned"}


@pytest.fixture
def folder(tmp_path):
    """Two PNG files with a label file that tells everything."""
    (tmp_path / "images" / "a").mkdir(parents=True)
    for name in ("a/1.png", "2.png"):
        (tmp_path / "images" / name).touch()
    (tmp_path / "labels.csv").write_text(
        "file,patient_id,age,sex,view,Effusion,Pleural_Thickening\n1,00012,58,f,PA,1,-1\n2.png,7,,,AP,0,\n"
    )
    return tmp_path


def _import(folder, **changes):
    arguments = {
        "findings": ["Effusion", "Pleural_Thickening"],
        "values": VALUES,
        "columns": {"image": "file", "patient": "patient_id"},
    }
    return import_folder(folder / "labels.csv", folder / "images", **(arguments | changes))


def test_labels_get_their_declared_states_and_vocabulary_names(folder):
    frame = _import(folder)
    assert frame.columns.tolist() == [
        "image", "patient", "study", "view", "age", "sex", "source", "effusion", "pleural_thickening",
    ]  # fmt: skip
    assert frame["image"].tolist() == ["a/1.png", "2.png"]
    assert frame["patient"].tolist() == ["00012", "7"]
    assert frame["sex"].tolist() == ["F", ""]
    assert frame["source"].tolist() == ["images", "images"]
    assert frame["effusion"].tolist() == ["positive", "negative"]
    assert frame["pleural_thickening"].tolist() == ["uncertain", "unmentioned"]
    assert frame["age"].isna().tolist() == [False, True]


def test_columns_may_be_mapped_to_finding_ids(folder):
    frame = _import(folder, findings={"Effusion": "hernia", "Pleural_Thickening": "edema"})
    assert frame.columns.tolist()[-2:] == ["hernia", "edema"]


def test_values_as_yaml_reads_them(folder):
    values = {1: "positive", 0: "negative", -1: "uncertain", None: "unmentioned"}
    pd.testing.assert_frame_equal(_import(folder, values=values), _import(folder))


def test_a_written_table_is_read_with_its_images(folder):
    path = write_study_table(_import(folder, source="here"), folder / "images" / "table.csv")
    assert set(read_study_table(path)["source"]) == {"here"}


def test_dicom_headers_tell_what_the_labels_do_not(tmp_path):
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.PatientID, dataset.PatientAge, dataset.PatientSex, dataset.ViewPosition = "00012", "058Y", "F", "PA"
    (tmp_path / "images").mkdir()
    dataset.save_as(tmp_path / "images" / "IM0001")
    (tmp_path / "labels.csv").write_text("image,effusion\nIM0001,1\n")
    row = _import(tmp_path, findings=["effusion"], columns=None).iloc[0]
    assert row.drop("image").tolist() == [
        "00012", str(dataset.StudyInstanceUID), "PA", 58.0, "F", "images", "positive",
    ]  # fmt: skip


def test_a_patient_must_be_told(folder):
    with pytest.raises(TableError, match=r"no patient for a/1\.png, 2\.png; name the column"):
        _import(folder, columns={"image": "file"})


def test_files_and_rows_that_do_not_match_are_reported(folder, caplog):
    (folder / "images" / "3.png").touch()
    with pytest.raises(TableError, match=r"has no row for 1 of 3 images in .*: 3\.png"):
        _import(folder)
    with caplog.at_level(logging.WARNING):
        assert len(_import(folder, unmatched="drop")) == 2
    assert "3.png; left out" in caplog.text
    (folder / "images" / "3.png").unlink()
    (folder / "images" / "2.png").unlink()
    with pytest.raises(TableError, match=r"1 of 2 images are not in .*: row 2 \(2\.png\)"):
        _import(folder)
    assert _import(folder, unmatched="drop")["image"].tolist() == ["a/1.png"]


def test_two_rows_of_one_file_are_refused(folder):
    with (folder / "labels.csv").open("a") as file:
        file.write("a/1.png,00012,58,F,PA,1,1\n")
    with pytest.raises(TableError, match=r"listed twice: row 3 \(image a/1\.png\)"):
        _import(folder)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"values": {"1": "positive", "0": "negative"}}, LabelError, "no declared meaning for '-1' (1 time)"),
        ({"values": {"1": "yes"}}, LabelError, "values: yes is no label state"),
        ({"values": {True: "positive"}}, LabelError, "write such words in quotes"),
        ({"values": {}}, LabelError, "values: nothing is no label state"),
        ({"findings": ["Effusoin"]}, LabelError, "did you mean 'Effusion'"),
        ({"findings": ["Effusion", "effusion"]}, LabelError, "mean the same finding"),
        ({"findings": {"Effusion": "efusion"}}, LabelError, "did you mean 'effusion'"),
        ({"findings": "Effusion"}, LabelError, "must list label columns"),
        ({"findings": ["Mass"]}, TableError, "column Mass is missing"),
        ({"names": "nih15"}, LabelError, "did you mean 'nih14'"),
        ({"columns": {"image": "path"}}, TableError, "column path is missing"),
        ({"columns": {"pateint": "patient_id"}}, TableError, "'pateint' is no study-table column"),
        ({"unmatched": "ignore"}, TableError, "'error' or 'drop'"),
    ],
)
def test_mistakes_are_named(changes, error, message, folder):
    with pytest.raises(error) as caught:
        _import(folder, **changes)
    assert message in str(caught.value)


def test_the_real_nih_subset(real_data, tmp_path):
    subset = real_data / "nih_cxr14_subset"
    raw = pd.read_csv(subset / "index_dev.csv")
    with tarfile.open(subset / "images_320.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    words = ["Pleural_Thickening" if name == "pleural_thickening" else name.capitalize() for name in NIH14]
    frame = import_folder(
        subset / "index_dev.csv",
        tmp_path,
        findings={**{word: word.lower() for word in words}, "No_Finding": "no_finding"},
        values={"1": "positive", "0": "unmentioned"},
        columns={"image": "file", "patient": "patient_id", "study": "image_id"},
        unmatched="drop",
    )
    table = write_study_table(frame, tmp_path / "table.csv")
    large = raw[raw["file"].str.startswith("images_320")]
    for split, rows in large.groupby("split"):
        records = load_records(table, NIH14, split, unmentioned="negative", allow_unlabelled=True)
        assert [record["label"].tolist() for record in records] == rows[words].astype(float).values.tolist()
        assert [record["patient"] for record in records] == rows["patient_id"].astype(str).tolist()
