import pytest

from lucency.data.importers import IMPORTERS
from lucency.data.importers.known_files import _TELLTALES, recognised

CHEXPERT = ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", "Edema"]
NIH = ["Image Index", "Finding Labels", "Patient ID", "View Position"]


@pytest.mark.parametrize(
    ("columns", "importer"),
    [
        (CHEXPERT, "chexpert"),
        (NIH, "nih"),
        ([*NIH, "Fracture", "Airspace opacity", "Set Id"], "google_nih"),
        (["ImageId", " EncodedPixels"], "siim"),
        (["patientId", "x", "y", "width", "height", "Target"], "rsna"),
        (["patientId", "class"], "rsna"),
        (["subject_id", "study_id", "Edema", "Pleural Effusion"], "mimic"),
        (["dicom_id", "study_id", "subject_id", "split"], "split of importer mimic"),
        (["image_id", "class_name", "class_id", "rad_id", "x_min"], "vindr"),
        (["image", "patient", "study", "view", "edema"], "table"),
    ],
)
def test_a_published_file_is_recognised(columns, importer):
    assert importer in recognised(columns, ["something", "else"])


def test_another_file_is_not():
    assert recognised(["file", "case", "Pleuraerguss"], NIH) is None


def test_the_expected_file_is_no_other_one_even_if_a_column_is_missing():
    assert recognised(CHEXPERT[:-1], CHEXPERT) is None


@pytest.mark.parametrize("kind", [kind for kind in _TELLTALES if "importer" in kind])
def test_an_importer_that_is_named_exists(kind):
    assert kind.partition("importer ")[2].partition(" ")[0] in IMPORTERS
