import logging
import zipfile
from collections import Counter, defaultdict

import pandas as pd
import pytest

from lucency.data.importers import import_rsna, read_rsna_boxes
from lucency.errors import LabelError, TableError
from references.reader_votes import rows_of

LABELS = """\
patientId,x,y,width,height,Target
a,,,,,0
b,264.0,152.0,213.0,379.0,1
b,562.0,152.0,256.0,453.0,1
c,,,,,0
"""
CLASSES = """\
patientId,class
a,No Lung Opacity / Not Normal
b,Lung Opacity
b,Lung Opacity
c,Normal
"""
HEADERS = ",PatientID,PatientAge,PatientSex,ViewPosition\n0,b,43,F,AP\n1,a,058Y,M,PA\n2,c,148,M,PA\n"


@pytest.fixture
def files(tmp_path):
    paths = {}
    for name, text in {"labels": LABELS, "classes": CLASSES, "headers": HEADERS}.items():
        paths[name] = tmp_path / f"{name}.csv"
        paths[name].write_text(text)
    return paths


def test_target_alone_says_nothing_of_a_normal_image(files):
    frame = import_rsna(files["labels"])
    assert frame.columns.tolist() == ["image", "patient", "study", "view", "age", "sex", "source", "pneumonia_opacity"]
    assert frame["pneumonia_opacity"].tolist() == ["negative", "positive", "negative"]
    assert frame["image"].tolist() == frame["patient"].tolist() == ["a", "b", "c"]
    assert set(frame["source"]) == {"rsna"}


def test_with_the_classes_an_abnormal_image_without_opacity_is_neither(files):
    frame = import_rsna(files["labels"], classes=files["classes"])
    assert frame["pneumonia_opacity"].tolist() == ["negative", "positive", "negative"]
    assert frame["no_finding"].tolist() == ["negative", "negative", "positive"]


def test_headers_tell_view_age_and_sex(files, caplog):
    with caplog.at_level(logging.WARNING):
        frame = import_rsna(files["labels"], headers=files["headers"])
    assert frame["view"].tolist() == ["PA", "AP", "PA"]
    assert frame["sex"].tolist() == ["M", "F", "M"]
    assert frame["age"].tolist()[:2] == [58.0, 43.0]
    assert frame["age"].isna().tolist() == [False, False, True]
    assert "1 impossible ages" in caplog.text


def test_the_zip_of_kaggle_is_read(files, tmp_path):
    with zipfile.ZipFile(tmp_path / "stage_2_train_labels.csv.zip", "w") as archive:
        archive.write(files["labels"], "stage_2_train_labels.csv")
    frame = import_rsna(tmp_path / "stage_2_train_labels.csv.zip")
    pd.testing.assert_frame_equal(frame, import_rsna(files["labels"]))


def test_images_are_found(files, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "b.dcm").touch()
    frame = import_rsna(files["labels"], images=tmp_path / "images", missing_images="drop")
    assert frame["image"].tolist() == ["b.dcm"]


@pytest.mark.parametrize(
    ("file", "old", "new", "error", "message"),
    [
        ("labels", "a,,,,,0", "a,,,,,-1", LabelError, "Target: no declared meaning for '-1' (1 time)"),
        ("labels", "a,,,,,0", "b,,,,,0", LabelError, "Target differs between the rows of b"),
        ("labels", "Target", "target", TableError, "rename 'target' to 'Target'"),
        ("labels", "patientId", "ImageId", TableError, "column patientId is missing"),
        ("classes", "c,Normal", "c,Nromal", LabelError, "'Nromal' (1 time); did you mean 'Normal'"),
        ("classes", "a,No Lung Opacity / Not Normal", "a,Lung Opacity", LabelError, "contradict each other for a"),
        ("classes", "b,Lung Opacity\n", "b,Normal\n", LabelError, "contradict each other for b"),
        ("classes", "c,Normal", "b,Normal", LabelError, "class differs between the rows of b"),
        ("classes", "c,Normal", "d,Normal", TableError, "has no row for c"),
        ("headers", "2,c", "2,d", TableError, "has no row for c"),
        ("headers", ",AP", ",LL", LabelError, "ViewPosition: no declared meaning for 'LL'"),
        ("headers", "PatientAge", "Age", TableError, "column PatientAge is missing"),
    ],
)
def test_files_that_contradict_or_lack_something_are_refused(files, file, old, new, error, message):
    files[file].write_text(files[file].read_text().replace(old, new))
    with pytest.raises(error) as caught:
        import_rsna(**files)
    assert message in str(caught.value)


def test_boxes_are_those_of_the_file(files):
    boxes = read_rsna_boxes(files["labels"])
    assert boxes.to_dict("list") == {
        "image": ["b", "b"], "finding": ["pneumonia_opacity"] * 2, "x": [264.0, 562.0], "y": [152.0, 152.0],
        "width": [213.0, 256.0], "height": [379.0, 453.0], "reader": ["", ""],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("a,,,,,0", "a,1,2,3,4,0", LabelError, "a has a box beside Target 0"),
        ("c,,,,,0", "c,,,,,1", LabelError, "c has a box beside Target 0, or Target 1 without one"),
        ("264.0", "left", TableError, "x is nan in row 1 (image b)"),
        ("213.0", "0", TableError, "width is 0.0 in row 1 (image b)"),
    ],
)
def test_what_is_no_box_is_refused(files, old, new, error, message):
    files["labels"].write_text(LABELS.replace(old, new))
    with pytest.raises(error) as caught:
        read_rsna_boxes(files["labels"])
    assert message in str(caught.value)


def test_the_published_files_keep_their_counts(label_files, tmp_path):
    """Counted row by row: Target 1 on any row of an image makes it positive."""
    packed = label_files / "kaggle_stage_2_train_labels.csv.zip"
    headers = label_files / "kaggle_stage_2_train_images_dicom_headers.csv.gz"
    with zipfile.ZipFile(packed) as archive:
        rows = list(rows_of(archive.extract("stage_2_train_labels.csv", tmp_path)))
    targets = defaultdict(set)
    for row in rows:
        targets[row["patientId"]].add(row["Target"])
    frame = import_rsna(packed, headers=headers)
    counts = Counter("positive" if "1" in told else "negative" for told in targets.values())
    assert frame["pneumonia_opacity"].value_counts().to_dict() == counts == {"negative": 20_672, "positive": 6_012}
    told = {row["PatientID"]: row for row in rows_of(headers)}
    assert frame["view"].tolist() == [told[image]["ViewPosition"] for image in frame["image"]]
    assert frame["age"].isna().sum() == sum(int(row["PatientAge"]) > 130 for row in told.values())
    boxes = read_rsna_boxes(packed)
    assert boxes["height"].tolist() == [float(row["height"]) for row in rows if row["height"]]
