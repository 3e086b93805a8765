import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import BasicTextSRStorage, DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

from lucency.errors import LucencyError
from lucency.inference import list_radiographs


def write_dicom(path, sop_class=DigitalXRayImageStorageForPresentation, **elements):
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, sop_class
    meta.MediaStorageSOPInstanceUID = "2.25.1"
    dataset = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, "2.25.1"
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    write_dicom(tmp_path / "a" / "IM0001", PatientID="P1", StudyInstanceUID="2.25.7", ViewPosition="PA", Rows=4)
    write_dicom(tmp_path / "a" / "report.dcm", BasicTextSRStorage, PatientID="P1")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "a" / "b" / "x,1.PNG")
    (tmp_path / "broken.dcm").write_bytes(b"nothing")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / ".DS_Store").write_text("")
    return tmp_path


def test_every_file_has_a_record_with_what_its_header_says(folder):
    records = {record["file"]: record for record in list_radiographs(folder)}
    assert list(records) == ["a/IM0001", "a/b/x,1.PNG", "a/report.dcm", "broken.dcm", "notes.txt"]
    image = records["a/IM0001"]
    assert (image["patient_id"], image["study_instance_uid"], image["view"], image["status"]) == (
        "P1", "2.25.7", "PA", "ok",
    )  # fmt: skip
    assert records["a/b/x,1.PNG"]["patient_id"] == ""
    assert records["a/report.dcm"]["reason"] == "not an image: Basic Text SR Storage"
    assert records["notes.txt"]["status"] == "skipped"
    assert records["broken.dcm"]["status"] == "ok"  # only the reader can say what is wrong with it


def test_one_file_may_be_named_instead_of_a_folder(folder):
    (record,) = list_radiographs(folder / "a" / "IM0001")
    assert record["file"] == "IM0001"


class Done:
    def __init__(self, *files):
        self.files = files

    def is_done(self, file):
        return file in self.files


def test_finished_files_are_left_out(folder):
    left = [record["file"] for record in list_radiographs(folder, Done("a/IM0001", "notes.txt"))]
    assert left == ["a/b/x,1.PNG", "a/report.dcm", "broken.dcm"]


def test_when_all_is_done_one_file_keeps_the_engine_busy(folder):
    everything = Done(*[record["file"] for record in list_radiographs(folder)])
    assert [record["file"] for record in list_radiographs(folder, everything)] == ["notes.txt"]


@pytest.mark.parametrize(("name", "message"), [("absent", "no such file or folder"), ("", "holds no file")])
def test_wrong_path_and_empty_folder_are_one_clear_line(tmp_path, name, message):
    with pytest.raises(LucencyError, match=message):
        list_radiographs(tmp_path / name)
