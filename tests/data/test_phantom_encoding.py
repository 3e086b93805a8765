import warnings

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.uid import DigitalXRayImageStorageForPresentation

from lucency.data.phantom import sample_case
from lucency.data.phantom.dicom import dicom_bytes
from lucency.data.phantom.encoding import RESCALES, SYNTAXES, VOI_FORMS, Encoding, sample_encoding
from lucency.data.phantom.render import draw
from references.display import reference_display

CASE = sample_case(4, seed=2)
IMAGE = draw(CASE, 48)
TOLERANCE = 1 / 255


def write(encoding: Encoding) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # pydicom warns of values that break the standard
        return dcmread(DicomBytesIO(dicom_bytes(IMAGE, CASE, encoding, 0.8, "1")))


WRITTEN = [
    (voi, bits)
    for voi in VOI_FORMS
    for bits in (8, 10, 12, 14, 16)
    # a sigmoid of 8 bits would lose grey levels on display, other tables than these would be coarse or large
    if not (voi == "sigmoid" and bits == 8) and not (voi == "lut" and bits not in (10, 12))
]


@pytest.mark.parametrize(("voi", "bits"), WRITTEN)
@pytest.mark.parametrize("inverted", [False, True])
def test_every_form_displays_the_same_image(voi: str, bits: int, inverted: bool) -> None:
    margin = (0.0, 0.0) if bits == 8 else (0.07, 0.11)
    plain = bits == 8 or voi == "lut"
    forms = [(1.0, 0.0, False)] if plain else [(1.0, -1024.0, False), (0.5, 100.0, True), (2.0, -300.0, True)]
    for slope, intercept, signed in forms:
        dataset = write(Encoding(SYNTAXES[0], inverted, bits, signed, slope, intercept, voi, margin))
        assert np.abs(reference_display(dataset) - IMAGE).max() <= TOLERANCE


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
@pytest.mark.parametrize(
    ("bits", "signed"), [(8, False), (10, False), (12, True), (14, False), (16, False), (16, True)]
)
def test_every_transfer_syntax_holds_the_same_pixels(syntax: str, bits: int, signed: bool) -> None:
    encoding = Encoding(syntax, False, bits, signed, 1.0, 0.0, "window", (0.0, 0.0))
    dataset = write(encoding)
    assert dataset.file_meta.TransferSyntaxUID == syntax
    assert (dataset.pixel_array == encoding.store(IMAGE)).all()


def test_drawn_encodings_cover_every_form_and_display_the_same_image() -> None:
    drawn = [sample_encoding(np.random.default_rng(seed)) for seed in range(250)]
    assert {encoding.syntax for encoding in drawn} == set(SYNTAXES)
    assert {encoding.voi for encoding in drawn} == set(VOI_FORMS)
    assert {encoding.bits for encoding in drawn} == {8, 10, 12, 14, 16}
    assert {encoding.inverted for encoding in drawn} == {encoding.signed for encoding in drawn} == {False, True}
    assert {(encoding.slope, encoding.intercept) for encoding in drawn} == set(RESCALES)
    assert {(encoding.voi, encoding.bits) for encoding in drawn} <= set(WRITTEN)
    for encoding in drawn[:40]:
        assert np.abs(reference_display(write(encoding)) - IMAGE).max() <= TOLERANCE


def test_windows_leave_values_outside_that_must_be_clipped() -> None:
    encoding = Encoding(SYNTAXES[0], False, 12, False, 1.0, 0.0, "window", (0.1, 0.1))
    stored = encoding.store(IMAGE)
    first, last = encoding.window
    assert stored.min() < first < last < stored.max()


def test_digital_images_hold_what_their_object_asks_for() -> None:
    dataset = write(Encoding(SYNTAXES[0], True, 12, False, 1.0, 0.0, "window", (0.0, 0.0)))
    assert dataset.SOPClassUID == DigitalXRayImageStorageForPresentation
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    filled = {
        "Modality": "DX",
        "PresentationIntentType": "FOR PRESENTATION",
        "PresentationLUTShape": "INVERSE",
        "PhotometricInterpretation": "MONOCHROME1",
        "PixelIntensityRelationship": "LOG",
        "PixelIntensityRelationshipSign": 1,
        "ImageLaterality": "U",
        "BurnedInAnnotation": "NO",
        "LossyImageCompression": "00",
        "BodyPartExamined": "CHEST",
        "SyntheticData": "YES",
        "PatientOrientation": ["L", "F"],
        "ViewPosition": CASE.view,
        "PatientID": CASE.patient_id,
        "PatientSex": CASE.sex,
        "PatientAge": f"{CASE.age:03d}Y",
    }
    assert {key: dataset[key].value for key in filled} == filled
    for keyword in ("AnatomicRegionSequence", "ViewCodeSequence"):
        assert dataset[keyword].value[0].CodeValue
    for keyword in ("AccessionNumber", "ReferringPhysicianName", "PositionerType", "DetectorType"):
        assert keyword in dataset  # type 2: present, may be empty
    assert "Phantom" in str(dataset.PatientName)


def test_what_a_digital_image_must_not_be_is_a_computed_radiograph() -> None:
    for odd in (
        Encoding(SYNTAXES[0], False, 12, True, 1.0, 0.0, "window", (0.0, 0.0)),
        Encoding(SYNTAXES[0], False, 12, False, 2.0, -300.0, "window", (0.0, 0.0)),
        Encoding(SYNTAXES[0], False, 12, False, 1.0, 0.0, "none", (0.0, 0.0)),
    ):
        dataset = write(odd)
        assert dataset.Modality == "CR"
        assert "PresentationIntentType" not in dataset


def test_age_is_true_on_the_study_date() -> None:
    for index in range(30):
        case = sample_case(index, seed=0)
        dataset = dcmread(DicomBytesIO(dicom_bytes(IMAGE, case, sample_encoding(np.random.default_rng(0)), 0.8, "1")))
        birthday, study = dataset.PatientBirthDate, dataset.StudyDate
        age = int(study[:4]) - int(birthday[:4]) - (study[4:] < birthday[4:])
        assert age == case.age == int(dataset.PatientAge[:3])


def test_identifiers_are_valid_and_their_own() -> None:
    encoding = Encoding(SYNTAXES[0], False, 12, False, 1.0, 0.0, "window", (0.0, 0.0))
    datasets = [
        dcmread(DicomBytesIO(dicom_bytes(IMAGE, sample_case(index, seed), encoding, 0.8, "1")), stop_before_pixels=True)
        for seed in (0, 1)
        for index in range(12)
    ]
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        uids = [dataset[keyword].value for dataset in datasets]
        assert len(set(uids)) == len(uids)
        assert all(uid.is_valid and uid.startswith("2.25.") for uid in uids)
