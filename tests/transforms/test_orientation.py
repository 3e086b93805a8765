"""Images stored in any of the eight ways come out upright when the file says how it lies."""

import numpy as np
import pytest

from lucency.transforms import display_array
from references.dicom_files import dataset_of

UPRIGHT = np.arange(12, dtype="u1").reshape(3, 4) * 20
STORED = {  # directions of rows and columns: how the image then lies in the file
    ("L", "F"): UPRIGHT,
    ("R", "F"): UPRIGHT[:, ::-1],
    ("L", "H"): UPRIGHT[::-1],
    ("R", "H"): UPRIGHT[::-1, ::-1],
    ("F", "L"): UPRIGHT.T,
    ("H", "L"): UPRIGHT[::-1].T,
    ("F", "R"): UPRIGHT[:, ::-1].T,
    ("H", "R"): UPRIGHT[::-1, ::-1].T,
    ("A", "F"): UPRIGHT,
    ("P", "H"): UPRIGHT[::-1],
    ("F", "A"): UPRIGHT.T,
    ("LH", "FL"): UPRIGHT,
    ("RAF", "HR"): UPRIGHT[::-1, ::-1],
}


@pytest.mark.parametrize("orientation", STORED, ids="-".join)
def test_stated_orientation_is_undone(orientation):
    dataset = dataset_of(np.ascontiguousarray(STORED[orientation]), PatientOrientation=list(orientation))
    np.testing.assert_array_equal(display_array(dataset), display_array(dataset_of(UPRIGHT)))


@pytest.mark.parametrize(
    "orientation", [None, "H", ["H"], ["", ""], ["R", ""], ["R", "L"], ["RL", "H"], ["X", "H"], "RH"]
)
def test_what_is_not_understood_leaves_the_image_alone(orientation):
    dataset = dataset_of(UPRIGHT, PatientOrientation=orientation)
    np.testing.assert_array_equal(display_array(dataset), display_array(dataset_of(UPRIGHT)))


def test_letters_of_a_quadruped_are_not_taken_for_human_ones():
    dataset = dataset_of(UPRIGHT, PatientOrientation=["R", "H"], AnatomicalOrientationType="QUADRUPED")
    np.testing.assert_array_equal(display_array(dataset), display_array(dataset_of(UPRIGHT)))
