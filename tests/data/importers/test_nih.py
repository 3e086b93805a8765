import gzip
import logging

import numpy as np
import pandas as pd
import pytest

from lucency.data.importers import import_nih
from lucency.errors import LabelError, TableError
from lucency.labels import NIH14
from references.label_counts import NIH, count, counted, nih_state, read_rows

BRACKETS = "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
HEADER_2020 = f"Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,{BRACKETS}\n"
ROWS_2020 = """\
00000001_000.png,Cardiomegaly,0,1,57,M,PA,2682,2749,0.14300000000000002,0.14300000000000002
00000001_001.png,Cardiomegaly|Emphysema,1,1,58,M,PA,2894,2729,0.14300000000000002,0.14300000000000002
00000002_000.png,No Finding,0,2,80,M,PA,2500,2048,0.171,0.171
00000003_000.png,Hernia|Pleural_Thickening,0,3,74,F,AP,2500,2048,0.168,0.168
"""
ROWS_2017 = """\
00000001_000.png,Cardiomegaly,0,1,057Y,M,PA,2682,2749,0.143,0.143,
00000001_001.png,Cardiomegaly|Emphysema,1,1,058Y,M,PA,2894,2729,0.143,0.143,
00000002_000.png,No Finding,0,2,080Y,M,PA,2500,2048,0.171,0.171,
00000003_000.png,Hernia|Pleural_Thickening,0,3,074Y,F,AP,2500,2048,0.168,0.168,
"""


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "Data_Entry_2017_v2020.csv"
    path.write_text(HEADER_2020 + ROWS_2020)
    return path


def test_a_mentioned_finding_is_positive_and_any_other_unmentioned(labels):
    frame = import_nih(labels)
    positive = [
        [finding for finding in [*NIH14, "no_finding"] if row[finding] == "positive"] for _, row in frame.iterrows()
    ]
    assert positive == [
        ["cardiomegaly"],
        ["cardiomegaly", "emphysema"],
        ["no_finding"],
        ["hernia", "pleural_thickening"],
    ]
    assert set(np.unique(frame[[*NIH14, "no_finding"]])) == {"positive", "unmentioned"}


def test_what_the_file_says_of_the_image_is_kept(labels):
    assert import_nih(labels).loc[3, ["image", "patient", "study", "view", "age", "sex", "source"]].tolist() == [
        "00000003_000.png", "3", "00000003_000", "AP", 74.0, "F", "nih",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "header",
    [
        HEADER_2020.replace("\n", ",\n"),
        HEADER_2020.replace("\n", ",\n").replace("Gender", "Sex"),
        HEADER_2020.replace(BRACKETS, "OriginalImageWidth,OriginalImageHeight,Spacing_x,Spacing_y,"),
    ],
)
def test_the_2017_file_means_the_same(header, labels, tmp_path):
    old = tmp_path / "Data_Entry_2017.csv.gz"
    old.write_bytes(gzip.compress((header + ROWS_2017).encode()))
    pd.testing.assert_frame_equal(import_nih(old), import_nih(labels))


def test_impossible_ages_of_the_2017_file_become_unknown(tmp_path, caplog):
    path = tmp_path / "labels.csv"
    path.write_text(HEADER_2020 + ROWS_2020.replace(",57,", ",414,"))
    with caplog.at_level(logging.WARNING):
        frame = import_nih(path)
    assert frame["age"].isna().tolist() == [True, False, False, False]
    assert "1 impossible ages" in caplog.text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "Emphysema",
            "Enphysema",
            "Finding Labels: no declared meaning for 'Enphysema' (1 time); did you mean 'Emphysema'",
        ),
        ("Cardiomegaly|", "Pleural Thickening|", "did you mean 'Pleural_Thickening'"),
        ("No Finding", "No Finding|Mass", "No Finding stands beside a finding in row 3"),
        (",No Finding,", ",,", "no declared meaning for '' (1 time)"),
        (",80,M", ",80,Q", "Patient Gender: no declared meaning for 'Q' (1 time)"),
        (",AP,", ",LL,", "View Position: no declared meaning for 'LL' (1 time)"),
    ],
)
def test_unknown_words_are_counted(old, new, message, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(HEADER_2020 + ROWS_2020.replace(old, new))
    with pytest.raises(LabelError) as caught:
        import_nih(path)
    assert message in str(caught.value)


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("Path,Sex\na.jpg,Male\n")
    with pytest.raises(TableError, match="is no NIH ChestX-ray14 label file: column Finding Labels, Image Index"):
        import_nih(path)
    with pytest.raises(TableError, match=r"did you mean '.*train\.csv'"):
        import_nih(tmp_path / "trian.csv")
    path.write_text("ImageID,StudyID,PatientID,Labels\na.png,1,1,[]\n")
    with pytest.raises(TableError, match="is missing; it looks like PadChest, which importer padchest reads"):
        import_nih(path)
    path.write_text((HEADER_2020 + ROWS_2020).replace("Finding Labels", "Finding Label"))
    with pytest.raises(TableError, match="rename 'Finding Label' to 'Finding Labels' if that is meant"):
        import_nih(path)


def test_a_repeated_image_is_refused(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(HEADER_2020 + ROWS_2020 + ROWS_2020.splitlines()[0] + "\n")
    with pytest.raises(TableError, match=r"listed twice: row 5 \(image 00000001_000\.png\)"):
        import_nih(path)


def test_images_are_found_in_the_folders_of_the_distribution(labels, tmp_path):
    for n, name in enumerate(["00000001_000", "00000001_001", "00000002_000"]):
        (tmp_path / "nih" / f"images_{n}" / "images").mkdir(parents=True)
        (tmp_path / "nih" / f"images_{n}" / "images" / f"{name}.png").touch()
    with pytest.raises(TableError, match=r"1 of 4 images are not in .*: row 4 \(00000003_000\.png\)"):
        import_nih(labels, images=tmp_path / "nih")
    frame = import_nih(labels, images=tmp_path / "nih", missing_images="drop")
    assert frame["image"].tolist() == [
        "images_0/images/00000001_000.png",
        "images_1/images/00000001_001.png",
        "images_2/images/00000002_000.png",
    ]
    assert frame["study"].tolist() == ["00000001_000", "00000001_001", "00000002_000"]


def test_the_official_lists_become_train_and_test(labels, tmp_path):
    train, test = tmp_path / "train_val_list.txt", tmp_path / "test_list.txt"
    train.write_text("00000001_000.png\n00000001_001.png\n00000003_000.png\n00000009_000.png\n")
    test.write_text("00000002_000.png")
    frame = import_nih(labels, train_list=train, test_list=test)
    assert frame["split"].tolist() == ["train", "train", "test", "train"]
    with pytest.raises(TableError, match="give both"):
        import_nih(labels, train_list=train)
    test.write_text("00000001_000.png")
    with pytest.raises(TableError, match=r"share 00000001_000\.png"):
        import_nih(labels, train_list=train, test_list=test)
    test.write_text("")
    with pytest.raises(TableError, match=r"neither list has 00000002_000\.png"):
        import_nih(labels, train_list=train, test_list=test)


def test_lists_that_divide_a_patient_are_refused(labels, tmp_path):
    train, test = tmp_path / "train_val_list.txt", tmp_path / "test_list.txt"
    train.write_text("00000001_000.png\n00000002_000.png\n00000003_000.png\n")
    test.write_text("00000001_001.png\n")
    with pytest.raises(TableError, match=r"patient in two splits: 1 \(in test and train\)"):
        import_nih(labels, train_list=train, test_list=test)


@pytest.fixture
def boxes(tmp_path):
    path = tmp_path / "BBox_List_2017.csv"
    header = "Image Index,Finding Label,Bbox [x,y,w,h],,,"
    rows = ["00000001_000.png,Cardiomegaly", "00000001_000.png,Effusion", "00000001_000.png,Effusion"]
    rows += ["00000002_000.png,Infiltrate", "00000009_000.png,Mass"]
    path.write_text("\n".join([header, *(f"{row},1,2,3,4" for row in rows)]))
    return path


def test_what_is_boxed_becomes_positive_and_is_counted(labels, boxes, caplog):
    with caplog.at_level(logging.WARNING):
        frame = import_nih(labels, boxes=boxes)
    expected = import_nih(labels)
    expected.loc[0, "effusion"] = expected.loc[2, "infiltration"] = "positive"
    expected.loc[2, "no_finding"] = "unmentioned"  # it has a finding now
    pd.testing.assert_frame_equal(frame, expected)
    assert "2 labels became positive" in caplog.text


def test_boxes_fit_the_label_file_wherever_the_images_are(labels, boxes, tmp_path):
    (tmp_path / "nih" / "images_001").mkdir(parents=True)
    (tmp_path / "nih" / "images_001" / "00000001_000.png").touch()
    frame = import_nih(labels, images=tmp_path / "nih", missing_images="drop", boxes=boxes)
    assert frame[["image", "effusion"]].to_numpy().tolist() == [["images_001/00000001_000.png", "positive"]]


@pytest.fixture(scope="module")
def published(label_files):
    path = label_files / "Data_Entry_2017_v2020.csv.gz"
    rows = read_rows(path)
    return path, rows, count(rows, NIH, nih_state), import_nih(path)


def test_the_published_file_keeps_its_counts(published):
    _, rows, counts, frame = published
    assert counted(frame, NIH.values()) == counts
    assert frame["image"].tolist() == [row["Image Index"] for row in rows]
    assert frame["patient"].tolist() == [row["Patient ID"] for row in rows]
    assert frame["study"].tolist() == [row["Image Index"].removesuffix(".png") for row in rows]
    assert frame["age"].tolist() == [int(row["Patient Age"]) for row in rows]
    assert frame["sex"].tolist() == [row["Patient Gender"] for row in rows]
    assert frame["view"].tolist() == [row["View Position"] for row in rows]


def test_the_published_file_in_the_form_of_2017_means_the_same(published, tmp_path):
    """The first release, made of the second: three-digit ages in years, and every line ends with a comma."""
    path, _, _, frame = published
    header, *rows = gzip.decompress(path.read_bytes()).decode().splitlines()
    old = tmp_path / "Data_Entry_2017.csv"
    with old.open("w") as file:
        file.write(f"{header},\n")
        for row in rows:
            cells = row.split(",")
            cells[4] = f"{int(cells[4]):03d}Y"
            file.write(",".join([*cells, "\n"]))
    pd.testing.assert_frame_equal(import_nih(old), frame)


def test_the_published_boxes_change_no_label(published, label_files, caplog):
    path, _, counts, _ = published
    with caplog.at_level(logging.INFO):
        frame = import_nih(path, boxes=label_files / "BBox_List_2017.csv.gz")
    assert counted(frame, NIH.values()) == counts
    assert ": 0 labels became positive" in caplog.text
