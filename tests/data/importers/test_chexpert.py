import numpy as np
import pandas as pd
import pytest

from lucency.data.importers import import_chexpert
from lucency.errors import LabelError, TableError
from lucency.labels import CHEXPERT14

COLUMNS = (
    "No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,"
    "Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices"
)
HEADER = f"Path,Sex,Age,Frontal/Lateral,AP/PA,{COLUMNS}\n"
ROOT = "CheXpert-v1.0-small"
TRAIN = f"""\
{ROOT}/train/patient00001/study1/view1_frontal.jpg,Female,68,Frontal,AP,1.0,,,,,,,,,0.0,,,,1.0
{ROOT}/train/patient00002/study2/view1_frontal.jpg,Female,87,Frontal,PA,,,-1.0,1.0,,-1.0,-1.0,,-1.0,,-1.0,,1.0,
{ROOT}/train/patient00002/study1/view2_lateral.jpg,Unknown,0,Lateral,,,,,1.0,,,-1.0,,,,,,1.0,
"""
VALID = f"{ROOT}/valid/patient64541/study1/view1_frontal.jpg,Male,73,Frontal,AP,0.0,1.0,1.0,1.0,0,0,0,0,0,0,0,0,0,0\n"


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(HEADER + TRAIN)
    return path


@pytest.fixture
def valid(tmp_path):
    path = tmp_path / "valid.csv"
    path.write_text(HEADER + VALID)
    return path


def test_the_four_raw_values_become_the_four_states(train):
    first, second, _ = import_chexpert(train)[[*CHEXPERT14]].to_dict("records")
    said = {"no_finding": "positive", "pneumothorax": "negative", "support_devices": "positive"}
    assert first == dict.fromkeys(CHEXPERT14, "unmentioned") | said
    uncertain = ("cardiomegaly", "edema", "consolidation", "atelectasis", "effusion")
    said = dict.fromkeys(uncertain, "uncertain") | {"lung_opacity": "positive", "fracture": "positive"}
    assert second == dict.fromkeys(CHEXPERT14, "unmentioned") | said


def test_patient_study_and_split_come_from_the_path(train, valid):
    frame = import_chexpert(train, valid)
    assert frame["patient"].tolist() == ["patient00001", "patient00002", "patient00002", "patient64541"]
    assert frame["study"].tolist()[1:3] == ["patient00002/study2", "patient00002/study1"]
    assert frame["split"].tolist() == ["train", "train", "train", "val"]
    assert frame["view"].tolist() == ["AP", "PA", "LATERAL", "AP"]
    assert frame["sex"].tolist() == ["F", "F", "", "M"]
    assert frame["age"].tolist() == [68.0, 87.0, 0.0, 73.0]
    assert set(frame["source"]) == {"chexpert"}


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("0.0,,,,1.0\n", "0.0,,,,2.0\n", LabelError, "Support Devices: no declared meaning for '2.0' (1 time)"),
        ("Lateral,,", "Lateral,AP,", LabelError, "no declared meaning for 'Lateral AP' (1 time)"),
        ("Female,68", "Femal,68", LabelError, "did you mean 'Female'"),
        ("patient00001/study1", "p1/s1", TableError, "not .../train/patientN/studyN/view... in column Path"),
        ("Female,68", "Female,x", TableError, "Age is 'x' in row 1"),
    ],
)
def test_undeclared_values_are_refused(old, new, error, message, tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(HEADER + TRAIN.replace(old, new))
    with pytest.raises(error) as caught:
        import_chexpert(path)
    assert message in str(caught.value)


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(HEADER.replace("Pleural Effusion", "Effusion") + TRAIN)
    with pytest.raises(TableError, match="is no CheXpert label file: column Pleural Effusion is missing"):
        import_chexpert(path)
    with pytest.raises(TableError, match="no label file given"):
        import_chexpert()


@pytest.mark.parametrize("named", ["above", "itself"])
def test_images_are_found_from_the_folder_above_or_itself(named, train, tmp_path):
    for line in TRAIN.splitlines()[:2]:
        image = tmp_path / "archive" / line.partition(",")[0]
        image.parent.mkdir(parents=True)
        image.touch()
    images = tmp_path / "archive" if named == "above" else tmp_path / "archive" / ROOT
    with pytest.raises(TableError, match="1 of 3 images are not in"):
        import_chexpert(train, images=images)
    frame = import_chexpert(train, images=images, missing_images="drop")
    assert len(frame) == 2
    assert all((images / image).is_file() for image in frame["image"])


def test_the_published_file_keeps_its_counts(label_files):
    """Counted with plain pandas, not with the importer; effusion is one of those that were published beforehand."""
    path = label_files / "chexpert_train.csv.gz"
    frame = import_chexpert(path)
    raw = pd.read_csv(path)
    assert len(frame) == len(raw) == 223_414
    for column, finding in zip(COLUMNS.split(","), CHEXPERT14, strict=True):
        expected = {
            "positive": int((raw[column] == 1).sum()),
            "negative": int((raw[column] == 0).sum()),
            "uncertain": int((raw[column] == -1).sum()),
            "unmentioned": int(raw[column].isna().sum()),
        }
        counts = frame[finding].value_counts()
        assert {state: int(counts.get(state, 0)) for state in expected} == expected
    counts = frame["effusion"].value_counts()
    assert (counts["positive"], counts["negative"], counts["uncertain"]) == (86_187, 35_396, 11_628)
    assert frame["atelectasis"].value_counts()["negative"] == 1_328
    observed = np.isin(frame[[*CHEXPERT14]].to_numpy(), ["positive", "negative"])
    assert observed.sum() == raw[COLUMNS.split(",")].isin([0, 1]).to_numpy().sum()
