"""VinDr-CXR's boxes: `annotations_train.csv` and `annotations_test.csv` of PhysioNet, `train.csv` of Kaggle."""

from pathlib import Path

import pandas as pd

from ..boxes import BOX_COLUMNS, check_boxes
from .raw_values import refuse_unknown_words, require_columns
from .vindr import DECLARATION
from .zipped import read_label_file

_CORNERS = ["x_min", "y_min", "x_max", "y_max"]


def read_vindr_boxes(boxes: str | Path) -> pd.DataFrame:
    """Box table of VinDr-CXR.

    Args:
        boxes: annotations_train.csv, annotations_test.csv (consensus: reader is blank) or train.csv of Kaggle; also
            .csv.gz and .zip. Rows without corners, such as those of No finding, are no boxes.

    Returns:
        See `check_boxes`; image is the image id.

    Raises:
        TableError: wrong file, or a box that is none.
        LabelError: a class without declared meaning.
    """
    name = str(boxes)
    raw = read_label_file(boxes)
    require_columns(raw, ("image_id", "class_name", *_CORNERS), name, "VinDr-CXR box file")
    refuse_unknown_words(raw["class_name"], DECLARATION.words, f"{name}: class_name")
    raw = raw[raw[_CORNERS].apply(lambda column: column.ne("")).any(axis=1)].reset_index(drop=True)
    corners = raw[_CORNERS].apply(pd.to_numeric, errors="coerce").astype("float64")
    frame = pd.DataFrame(
        {
            "image": raw["image_id"],
            "finding": raw["class_name"].map(DECLARATION.words),
            "x": corners["x_min"],
            "y": corners["y_min"],
            "width": corners["x_max"] - corners["x_min"],
            "height": corners["y_max"] - corners["y_min"],
            "reader": raw.get("rad_id", ""),
        }
    )[[*BOX_COLUMNS]]
    check_boxes(frame, name)
    return frame
