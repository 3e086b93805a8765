import pytest

from lucency.data.importers import import_chexpert
from lucency.errors import LabelError, TableError
from lucency.labels import CHEXPERT14
from references.label_counts import CHEXPERT, chexpert_state, count, counted, read_rows

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
        ("patient00001/study1", "p1/s1", TableError, "in row 1; it holds .../train/patientN/studyN/view..."),
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
    with pytest.raises(TableError, match="rename 'Effusion' to 'Pleural Effusion' if that is meant"):
        import_chexpert(path)
    path.write_text(f"subject_id,study_id,{COLUMNS}\n1,2{',' * 14}\n")
    with pytest.raises(TableError, match="it looks like MIMIC-CXR-JPG, which importer mimic reads"):
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


@pytest.fixture(scope="module")
def published(label_files):
    path = label_files / "chexpert_train.csv.gz"
    frame = import_chexpert(path)
    return frame, read_rows(path), counted(frame, CHEXPERT14)


def test_the_published_file_keeps_its_counts(published):
    frame, rows, counts = published
    assert counts == count(rows, CHEXPERT, chexpert_state)
    assert frame["image"].tolist() == [row["Path"] for row in rows]
    assert frame["patient"].tolist() == [row["Path"].split("/")[2] for row in rows]
    assert frame["study"].tolist() == ["/".join(row["Path"].split("/")[2:4]) for row in rows]
    assert frame["age"].tolist() == [int(row["Age"]) for row in rows]
    assert frame["sex"].tolist() == [{"Unknown": ""}.get(row["Sex"], row["Sex"][0]) for row in rows]


def test_the_published_file_has_the_counts_that_were_known_beforehand(published):
    """Positive, negative, uncertain; counted by others than the authors of importer and reference."""
    known = {
        "atelectasis": (33_376, 1_328, 33_739),
        "cardiomegaly": (27_000, 11_116, 8_087),
        "consolidation": (14_783, 28_097, 27_742),
        "edema": (52_246, 20_726, 12_984),
        "effusion": (86_187, 35_396, 11_628),
        "pneumothorax": (19_448, 56_341, 3_145),
        "pneumonia": (6_039, 2_799, 18_770),
        "fracture": (9_040, 2_512, 642),
        "pleural_other": (3_523, 316, 2_653),
        "lung_lesion": (9_186, 1_270, 1_488),
        "lung_opacity": (105_581, 6_599, 5_598),
        "enlarged_cardiomediastinum": (10_798, 21_638, 12_403),
        "support_devices": (116_001, 6_137, 1_079),
        "no_finding": (22_381, 0, 0),
    }
    frame, _, counts = published
    assert len(frame) == 223_414
    assert {finding: tuple(states.values())[:3] for finding, states in counts.items()} == known
