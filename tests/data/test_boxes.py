import pandas as pd
import pytest

from lucency.data.boxes import BOX_COLUMNS, check_boxes
from lucency.errors import TableError

BOX = {"image": "a.png", "finding": "mass", "x": 0.0, "y": 20.5, "width": 64.0, "height": 0.5, "reader": ""}


def table(**changed):
    """Two boxes, the second with changes."""
    return pd.DataFrame([BOX, BOX | changed])


def test_a_box_table_passes():
    check_boxes(table(finding="effusion", x=12.25, reader="R9"), "boxes.csv")
    check_boxes(table(remark=None), "boxes.csv")  # a further column
    check_boxes(table(), "boxes.csv")  # the same box twice
    check_boxes(pd.DataFrame(columns=BOX_COLUMNS), "boxes.csv")
    check_boxes(table().astype({"x": str, "width": str}), "boxes.csv")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"image": ""}, "image is  in row 2 (image ); every box lies on one"),
        ({"finding": "masss"}, "finding is masss in row 2 (image a.png); did you mean 'mass'?"),
        ({"finding": "Zzz"}, "finding is Zzz in row 2 (image a.png); give an id of the vocabulary"),
        ({"x": -0.5}, "x is -0.5 in row 2 (image a.png); an image begins at 0"),
        ({"y": float("nan")}, "y is nan in row 2 (image a.png); give a number of pixels"),
        ({"width": float("inf")}, "width is inf in row 2 (image a.png); give a number of pixels"),
        ({"width": "wide"}, "width is wide in row 2 (image a.png); give a number of pixels"),
        ({"height": 0.0}, "height is 0.0 in row 2 (image a.png); a box is larger than 0 pixels"),
        ({"reader": None}, "leave it blank if the archive does not tell"),
    ],
)
def test_a_wrong_cell_is_named(changed, message):
    with pytest.raises(TableError) as caught:
        check_boxes(table(**changed), "boxes.csv")
    assert str(caught.value).startswith("boxes.csv: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("column", BOX_COLUMNS)
def test_no_column_may_be_missing(column):
    with pytest.raises(TableError, match=f"column {column} is missing"):
        check_boxes(table().drop(columns=column), "boxes.csv")
