"""Google's expert labels of NIH ChestX-ray14 images: `validation_labels.csv` and `test_labels.csv`."""

from pathlib import Path

import pandas as pd

from ...errors import TableError
from ...labels import LabelState, vocabulary
from ..table_files import read_text
from ..validation import check_study_table
from .declaration import Declaration
from .image_files import Missing, locate_images
from .nih import describe_images, image_columns
from .raw_values import declared, declared_columns, require_columns

DECLARATION = Declaration(
    source="google_nih",
    title="Google's expert labels of NIH ChestX-ray14, validation_labels.csv and test_labels.csv",
    words={
        column: vocabulary().find("google_nih", column).id
        for column in ("Fracture", "Pneumothorax", "Airspace opacity", "Nodule or mass")
    },
    values={"YES": LabelState.POSITIVE, "NO": LabelState.NEGATIVE},
    silence=LabelState.UNMENTIONED,
    reason="three radiologists decided on every finding and wrote NO; a blank means that they were not asked",
    reference="Majkowska et al., Radiology 294, 2020",
)
_SPLITS = {"val": "val", "validation": "val", "test": "test"}


def import_google_nih(
    *labels: str | Path, images: str | Path | None = None, missing_images: Missing = "error"
) -> pd.DataFrame:
    """Study table of the NIH ChestX-ray14 images that radiologists read for Google.

    Image, patient and study are called as by `import_nih`, so that both label the same image. NIH's own report-mined
    labels, which the file repeats, are not read, nor is individual_readers.csv with the labels of single readers.

    `Airspace opacity` is airspace_opacity, not lung_opacity: its NO does not exclude a nodule, which is a lung opacity
    elsewhere (docs/reference/label-sources.md counts such images).

    Args:
        labels: validation_labels.csv, test_labels.csv or both, or both in one as TorchXRayVision ships them
            (google2019_nih-chest-xray-labels.csv), also as .csv.gz.
        images: folder that holds the images, in any sub-folders; image paths become relative to it. Without it they are
            the bare file names.
        missing_images: with `images`, whether a row without a file is an error or dropped.

    Returns:
        Study table with fracture, pneumothorax, airspace_opacity and nodule_mass; source "google_nih"; split val or
        test if the file has the column Set Id.

    Raises:
        TableError: wrong file, or absent images.
        LabelError: a value without declared meaning.

    References:
        A. Majkowska et al. Chest radiograph interpretation with deep learning models: assessment with
        radiologist-adjudicated reference standards and population-adjusted evaluation. Radiology 294:421-431, 2020.
    """
    if not labels:
        raise TableError(
            "Google's NIH labels: no label file given; name validation_labels.csv, test_labels.csv or both"
        )
    name = ", ".join(map(str, labels))
    frame = pd.concat([_read(path) for path in labels], ignore_index=True)
    frame = locate_images(frame, images, name, missing_images)
    check_study_table(frame, name)
    return frame


def _read(path: str | Path) -> pd.DataFrame:
    name = str(path)
    raw = read_text(path)
    require_columns(raw, (*image_columns(raw), *DECLARATION.words), name, "file of Google's NIH labels")
    frame = describe_images(raw, DECLARATION.source, name)
    if "Set Id" in raw:
        frame["split"] = declared(raw["Set Id"], _SPLITS, f"{name}: Set Id")
    return frame.assign(**declared_columns(raw, DECLARATION, name))
