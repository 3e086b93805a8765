import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.uid import BasicTextSRStorage, CTImageStorage

from lucency.errors import LucencyError
from lucency.inference import list_radiographs
from lucency.inference.folder import describe
from lucency.results.schema import IDENTIFIERS
from references.dicom_headers import write_dicom


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


def test_every_file_is_listed_and_described(folder):
    records = list_radiographs(folder)
    assert [r["file"] for r in records] == ["a/IM0001", "a/b/x,1.PNG", "a/report.dcm", "broken.dcm", "notes.txt"]
    described = {record["file"]: describe(Path(record["image"])) for record in records}
    image, header = described["a/IM0001"]
    assert (image["patient_id"], image["study_instance_uid"], image["view"], image["status"]) == (
        "P1", "2.25.7", "PA", "ok",
    )  # fmt: skip
    assert header.Rows == 4
    assert described["a/b/x,1.PNG"] == ({"status": "ok", "reason": "", **dict.fromkeys(IDENTIFIERS, "")}, None)
    assert described["a/report.dcm"][0]["reason"] == "not an image: Basic Text SR Storage"
    assert described["notes.txt"][0]["status"] == "skipped"
    assert described["broken.dcm"][0]["status"] == "ok"  # only the reader can say what is wrong with it


def test_a_file_that_cannot_be_opened_is_left_to_the_reader(tmp_path):
    record, header = describe(tmp_path / "gone")
    assert (record["status"], header) == ("ok", None)


def test_a_header_with_a_broken_value_is_still_described(folder):
    write_dicom(folder / "two.dcm", CTImageStorage, Rows=4, Modality="CT")
    dataset = dcmread(folder / "two.dcm")
    dataset.SOPClassUID = [CTImageStorage, BasicTextSRStorage]  # must not keep the header from the guard
    dataset.save_as(folder / "two.dcm", enforce_file_format=False)
    record, header = describe(folder / "two.dcm")
    assert (record["modality"], header.Modality) == ("CT", "CT")


def test_a_name_in_another_encoding_can_be_written_into_a_table(tmp_path):
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller.png"))).write_bytes(b"")
    (record,) = list_radiographs(tmp_path)
    assert record["file"].encode() == rb"M\udcfcller.png"
    assert Path(record["image"]).is_file()


def test_one_file_may_be_named_instead_of_a_folder(folder):
    (record,) = list_radiographs(folder / "a" / "IM0001")
    assert record["file"] == "IM0001"


class Done:
    def __init__(self, *files):
        self.files = files

    def resume(self, states):
        self.states = states

    def is_done(self, file):
        return file in self.files


def test_finished_files_are_left_out(folder):
    left = [record["file"] for record in list_radiographs(folder, Done("a/IM0001", "notes.txt"))]
    assert left == ["a/b/x,1.PNG", "a/report.dcm", "broken.dcm"]


def test_the_journal_learns_which_files_have_changed(folder):
    before, same, after = Done(), Done(), Done()
    list_radiographs(folder, before)
    list_radiographs(folder, same)
    (folder / "notes.txt").write_text("hello again")
    list_radiographs(folder, after)
    assert before.states == same.states
    assert [file for file, state in after.states.items() if state != before.states[file]] == ["notes.txt"]


def test_when_all_is_done_one_file_keeps_the_engine_busy(folder):
    everything = Done(*[record["file"] for record in list_radiographs(folder)])
    assert [record["file"] for record in list_radiographs(folder, everything)] == ["notes.txt"]


@pytest.mark.parametrize(("name", "message"), [("absent", "no such file or folder"), ("", "holds no file")])
def test_wrong_path_and_empty_folder_are_one_clear_line(tmp_path, name, message):
    with pytest.raises(LucencyError, match=message):
        list_radiographs(tmp_path / name)


def test_former_results_are_not_read_as_radiographs(folder):
    results = folder / "a" / "results"
    results.mkdir()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(results / "heatmap.png")
    listed = [record["file"] for record in list_radiographs(folder, exclude=results)]
    assert listed == ["a/IM0001", "a/b/x,1.PNG", "a/report.dcm", "broken.dcm", "notes.txt"]
    with pytest.raises(LucencyError, match="choose another output folder"):
        list_radiographs(results, exclude=results)
