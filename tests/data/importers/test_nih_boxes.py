import csv
import gzip

import numpy as np
import pytest

from lucency.data.boxes import check_boxes
from lucency.data.importers.nih_boxes import read_nih_boxes
from lucency.errors import LabelError, TableError

HEADER = "Image Index,Finding Label,Bbox [x,y,w,h],,,\n"
ROWS = """\
00000001_000.png,Cardiomegaly,225.084745762712,547.019216763771,86.7796610169491,79.1864406779661
00000003_000.png,Infiltrate,0.5,1,2,3
"""


@pytest.fixture
def boxes(tmp_path):
    path = tmp_path / "BBox_List_2017.csv"
    path.write_text(HEADER + ROWS)
    return path


def test_boxes_are_read_with_the_findings_of_the_vocabulary(boxes):
    frame = read_nih_boxes(boxes)
    assert frame.to_dict("records") == [
        {
            "image": "00000001_000.png", "finding": "cardiomegaly", "reader": "",
            "x": 225.084745762712, "y": 547.019216763771, "width": 86.7796610169491, "height": 79.1864406779661,
        },
        {
            "image": "00000003_000.png", "finding": "infiltration", "reader": "",
            "x": 0.5, "y": 1.0, "width": 2.0, "height": 3.0,
        },
    ]  # fmt: skip
    check_boxes(frame, "frame")


@pytest.mark.parametrize("ending", ["", ",", ",,,"])
def test_blank_cells_at_the_end_do_not_matter(ending, boxes, tmp_path):
    path = tmp_path / "boxes.csv.gz"
    path.write_bytes(gzip.compress((HEADER + ROWS.replace("\n", f"{ending}\n") + "\n").encode()))
    assert read_nih_boxes(path).equals(read_nih_boxes(boxes))


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("Infiltrate", "Infiltrated", LabelError, "'Infiltrated' (1 time); did you mean 'Infiltrate'?"),
        ("Infiltrate", "Edema", LabelError, "no declared meaning for 'Edema' (1 time)"),
        (",2,3", ",2", TableError, "the header names 6 columns, but not row 2"),
        (",2,3", ",2,3,4", TableError, "the header names 6 columns, but not row 2"),
        (",2,3", ",0,3", TableError, "width is 0 in row 2 (image 00000003_000.png)"),
        (",2,3", ",2,x", TableError, "height is x in row 2"),
        ("Bbox [x", "Box [x", TableError, "rename 'Box [x' to 'Bbox [x' if that is meant"),
        (HEADER, "Image Index,Finding Labels,a,b,c,d\n", TableError, "it looks like NIH ChestX-ray14, which importer"),
        (HEADER + ROWS, "", TableError, "is no box list of NIH ChestX-ray14: column Image Index"),
        (ROWS, "", TableError, "has no rows"),
    ],
)
def test_a_wrong_file_is_refused(old, new, error, message, tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text((HEADER + ROWS).replace(old, new))
    with pytest.raises(error) as caught:
        read_nih_boxes(path)
    assert message in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_bytes(b"\x89PNG\xff")
    with pytest.raises(TableError, match=r"is not a readable \.csv table"):
        read_nih_boxes(path)
    with pytest.raises(TableError, match="no such file"):
        read_nih_boxes(tmp_path / "nothing.csv")


def test_the_published_boxes_are_read_whole(label_files):
    path = label_files / "BBox_List_2017.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        _, *rows = csv.reader(file)
    frame = read_nih_boxes(path)
    assert (len(frame), frame["image"].nunique()) == (984, 880)  # as the docstring says
    words = [row[1].lower().replace("infiltrate", "infiltration") for row in rows]
    assert frame["finding"].tolist() == words
    assert frame["image"].tolist() == [row[0] for row in rows]
    np.testing.assert_array_equal(frame[["x", "y", "width", "height"]], [[float(n) for n in row[2:]] for row in rows])
    assert (frame["x"] + frame["width"]).max() <= 1024
    assert (frame["y"] + frame["height"]).max() <= 1024
