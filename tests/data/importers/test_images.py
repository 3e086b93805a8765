import pydicom
import pytest
from pydicom.data import get_testdata_file

from lucency.data import load_records, write_study_table
from lucency.data.importers import import_images
from lucency.errors import ConfigError, LabelError, TableError
from lucency.labels import TargetPolicy


@pytest.fixture
def folder(tmp_path):
    for name in ("patient1/study1/a.png", "patient1/study2/a.png", "patient2/b.jpg"):
        (tmp_path / "pool" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pool" / name).touch()
    return tmp_path / "pool"


def test_nothing_is_said_of_any_finding(folder):
    frame = import_images(folder, findings=["edema", "mass"], patient_from="file")
    assert frame.columns.tolist() == [
        "image", "patient", "study", "view", "age", "sex", "source", "labelled", "edema", "mass",
    ]  # fmt: skip
    assert frame["image"].tolist() == ["patient1/study1/a.png", "patient1/study2/a.png", "patient2/b.jpg"]
    assert set(frame["edema"]) | set(frame["mass"]) == {"unmentioned"}
    assert set(frame["labelled"]) == {""}
    assert set(frame["source"]) == {"pool"}


def test_no_policy_makes_targets_of_it(folder):
    frame = import_images(folder, findings=["edema"], patient_from="file")
    targets = TargetPolicy(unmentioned="negative").targets(frame, ["edema"])
    assert targets.shape == (3, 1)
    assert all(target != target for target in targets.ravel())


def test_a_written_table_gives_records(folder):
    table = write_study_table(import_images(folder, findings=["edema"], patient_from="file"), folder / "table.csv")
    assert len(load_records(table, ["edema"])) == 3


@pytest.mark.parametrize(
    ("patients", "expected"),
    [
        ("file", ["patient1/study1/a.png", "patient1/study2/a.png", "patient2/b.jpg"]),
        (r"patient(\d+)/", ["1", "1", "2"]),
        (r"patient\d+", ["patient1", "patient1", "patient2"]),
    ],
)
def test_a_patient_is_told_by_the_path(folder, patients, expected):
    assert import_images(folder, findings=["edema"], patient_from=patients)["patient"].tolist() == expected


def test_headers_tell_patient_study_view_age_and_sex(tmp_path):
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.PatientID, dataset.PatientAge, dataset.PatientSex, dataset.ViewPosition = "00012", "058Y", "F", "PA"
    dataset.save_as(tmp_path / "IM0001")
    row = import_images(tmp_path, findings=["edema"], source="here").iloc[0]
    assert row.drop(["image", "labelled"]).tolist() == [
        "00012", str(dataset.StudyInstanceUID), "PA", 58.0, "F", "here", "unmentioned",
    ]  # fmt: skip
    assert import_images(tmp_path, findings=["edema"], patient_from="file")["view"].tolist() == ["PA"]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {},
            TableError,
            "no patient for patient1/study1/a.png, patient1/study2/a.png, patient2/b.jpg; choose patient_from=",
        ),
        ({"patient_from": "study"}, TableError, "'study' finds no patient in patient2/b.jpg; mend the expression"),
        ({"patient_from": "study(x?)|b"}, TableError, "no patient for"),
        ({"patient_from": "(a"}, ConfigError, "patient_from is 'header', 'file' or a regular expression, not '(a'"),
        ({"findings": ["oedema"]}, LabelError, "did you mean 'edema'"),
        ({"findings": []}, ConfigError, "findings must list ids of the vocabulary"),
        ({"findings": "edema"}, ConfigError, "findings must list ids of the vocabulary"),
    ],
)
def test_what_is_missing_is_named(folder, changes, error, message):
    with pytest.raises(error) as caught:
        import_images(folder, **({"findings": ["edema"]} | changes))
    assert message in str(caught.value)
