import pydicom
import pytest
from pydicom.data import get_testdata_file

from lucency.data.importers.dicom_header import HEADER_COLUMNS, read_headers
from lucency.errors import TableError


def test_headers_fill_the_columns_of_the_table(tmp_path):
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.PatientID, dataset.PatientAge, dataset.PatientSex, dataset.ViewPosition = "00012", "058Y", "F", "PA"
    dataset.save_as(tmp_path / "a.dcm")
    (tmp_path / "b.png").touch()
    frame = read_headers(tmp_path, ["a.dcm", "b.png"], list(HEADER_COLUMNS))
    assert frame.loc[0].to_dict() == {
        "patient": "00012",
        "study": str(dataset.StudyInstanceUID),
        "view": "PA",
        "age": "058Y",
        "sex": "F",
    }
    assert frame.loc[1].tolist() == [""] * 5


def test_absent_tags_are_blank(tmp_path):
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    del dataset.PatientAge
    dataset.PatientSex = None
    dataset.save_as(tmp_path / "a.dcm")
    assert read_headers(tmp_path, ["a.dcm"], ["age", "sex"]).loc[0].tolist() == ["", ""]


def test_unreadable_headers_are_named(tmp_path):
    for name in ("a.dcm", "b.dcm"):
        (tmp_path / name).write_bytes(b"not DICOM")
    with pytest.raises(TableError, match=r"no readable DICOM header in a\.dcm \(.*\), b\.dcm"):
        read_headers(tmp_path, ["a.dcm", "b.dcm"], ["patient"])
