import gzip
import logging

import pandas as pd
import pytest

from lucency.data.importers import import_nih
from lucency.data.importers.google_nih import import_google_nih
from lucency.errors import LabelError, TableError
from references.label_counts import GOOGLE, count, counted, google_state, read_rows

HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],Fracture,Pneumothorax,Airspace opacity,"
    "Nodule or mass,Set Id\n"
)
ROWS = """\
00000013_008.png,No Finding,8,13,60,M,AP,3056,2544,0.139,0.139,NO,NO,YES,NO,test
00000013_026.png,Cardiomegaly|Emphysema,26,13,57,M,AP,2500,2048,0.168,0.168,NO,YES,NO,,test
00000061_003.png,Edema,3,61,155,F,PA,2500,2048,0.168,0.168,YES,NO,NO,YES,val
"""


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(HEADER + ROWS)
    return path


def test_yes_and_no_are_decided_and_a_blank_is_not(labels):
    frame = import_google_nih(labels)
    assert frame[[*GOOGLE.values()]].to_numpy().tolist() == [
        ["negative", "negative", "positive", "negative"],
        ["negative", "positive", "negative", "unmentioned"],
        ["positive", "negative", "negative", "positive"],
    ]
    assert set(frame["source"]) == {"google_nih"}
    assert frame["split"].tolist() == ["test", "test", "val"]
    assert "emphysema" not in frame  # NIH's own labels are another source


def test_images_and_patients_are_called_as_nih_calls_them(labels, caplog):
    shared = ["image", "patient", "study", "view", "age", "sex"]
    with caplog.at_level(logging.WARNING):
        ours = import_google_nih(labels)[shared]
        labels.write_text(labels.read_text().replace("Airspace opacity", "of another file"))
        pd.testing.assert_frame_equal(ours, import_nih(labels)[shared])
    assert caplog.text.count("1 impossible ages") == 2


def test_the_importer_of_nih_does_not_pass_over_the_radiologists(labels):
    with pytest.raises(
        TableError, match=r"is no NIH ChestX-ray14 label file; it looks like Google's labels .* google_nih"
    ):
        import_nih(labels)


def test_the_files_as_google_gives_them_have_no_split(labels, tmp_path):
    header, *rows = (line.rpartition(",")[0] + "\n" for line in (HEADER + ROWS).splitlines())
    test, validation = tmp_path / "test_labels.csv.gz", tmp_path / "validation_labels.csv"
    test.write_bytes(gzip.compress("".join([header, *rows[:2]]).encode()))
    validation.write_text(header + rows[2])
    pd.testing.assert_frame_equal(import_google_nih(test, validation), import_google_nih(labels).drop(columns="split"))


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("NO,YES,NO,,", "NO,HEDGE,NO,,", LabelError, "Pneumothorax: no declared meaning for 'HEDGE' (1 time)"),
        ("NO,YES,NO,,", "NO,-1,NO,,", LabelError, "-1 is uncertain in some files"),
        (",val\n", ",train\n", LabelError, "Set Id: no declared meaning for 'train' (1 time)"),
        ("Nodule or mass", "Nodule/mass", TableError, "rename 'Nodule/mass' to 'Nodule or mass' if that is meant"),
        ("Airspace opacity", "Opacity", TableError, "column Airspace opacity is missing; it has Image Index"),
    ],
)
def test_another_file_is_refused(old, new, error, message, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text((HEADER + ROWS).replace(old, new))
    with pytest.raises(error) as caught:
        import_google_nih(path)
    assert message in str(caught.value)


def test_the_file_of_nih_is_named(tmp_path):
    path = tmp_path / "Data_Entry_2017.csv"
    path.write_text("\n".join(line.rsplit(",", 5)[0] for line in (HEADER + ROWS).splitlines()))
    with pytest.raises(TableError, match="it looks like NIH ChestX-ray14, which importer nih reads"):
        import_google_nih(path)


def test_a_file_is_needed():
    with pytest.raises(TableError, match="no label file given"):
        import_google_nih()


def test_images_are_found_as_those_of_nih(labels, tmp_path):
    (tmp_path / "nih" / "images_001").mkdir(parents=True)
    (tmp_path / "nih" / "images_001" / "00000013_026.png").touch()
    frame = import_google_nih(labels, images=tmp_path / "nih", missing_images="drop")
    assert frame["image"].tolist() == ["images_001/00000013_026.png"]


def test_the_published_file_keeps_its_counts(label_files):
    path = label_files / "google2019_nih-chest-xray-labels.csv.gz"
    frame, rows = import_google_nih(path), read_rows(path)
    assert counted(frame, GOOGLE.values()) == count(rows, GOOGLE, google_state)
    assert frame["image"].tolist() == [row["Image Index"] for row in rows]
    assert frame["patient"].tolist() == [row["Patient ID"] for row in rows]
    assert frame["split"].tolist() == [row["Set Id"] for row in rows]
    # how many images the label page says have a nodule or mass and no airspace opacity
    assert (frame["airspace_opacity"].eq("negative") & frame["nodule_mass"].eq("positive")).sum() == 207


def test_the_images_are_those_of_nih(label_files):
    experts = import_google_nih(label_files / "google2019_nih-chest-xray-labels.csv.gz")
    reports = import_nih(label_files / "Data_Entry_2017_v2020.csv.gz")
    both = experts.merge(reports, on=["image", "patient", "study", "view", "sex"])
    assert len(both) == len(experts) == 4_376
