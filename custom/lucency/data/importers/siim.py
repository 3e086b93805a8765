"""SIIM-ACR Pneumothorax Segmentation: `train-rle.csv`."""

from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import LabelError
from ...files import first_few
from ...labels import LabelState, vocabulary
from ..validation import check_study_table
from .declaration import Declaration
from .image_files import Missing, locate_images
from .raw_values import require_columns
from .zipped import read_label_file

_COLUMN = "EncodedPixels"
_RUNS = r"\d+ \d+(?: \d+ \d+)*"  # pairs of gap and length

DECLARATION = Declaration(
    source="siim",
    title="SIIM-ACR Pneumothorax Segmentation, train-rle.csv",
    words={word: vocabulary().find("siim", word).id for word in (f" {_COLUMN}", _COLUMN)},
    values={"-1": LabelState.NEGATIVE.value},  # any other cell is the outline of a pneumothorax
    silence=LabelState.UNMENTIONED.value,
    reason="every image of the file was read for pneumothorax; of one that it does not list, nothing is known",
    reference="Filice et al., Journal of Digital Imaging 33, 490-496, 2020",
)


def import_siim(
    labels: str | Path, *, images: str | Path | None = None, missing_images: Missing = "error"
) -> pd.DataFrame:
    """Study table of the SIIM-ACR Pneumothorax Segmentation challenge.

    A run-length encoded outline in `EncodedPixels` makes pneumothorax positive, "-1" makes it negative. An image has a
    row an outline.

    Args:
        labels: train-rle.csv (the header has a blank before EncodedPixels) or stage_2_train.csv, also as .csv.gz or
            .zip.
        images: folder of the images, in any sub-folders; image paths become relative to it. Without it they are the
            image ids of the file.
        missing_images: with `images`, whether a row without a file is an error or dropped.

    Returns:
        Study table with pneumothorax; source "siim". The file tells no patient, so each image is its own patient,
        though the images come from NIH ChestX-ray14, which has several of one patient.

    Raises:
        TableError: wrong file or absent images.
        LabelError: a cell that is neither, or "-1" beside an outline of the same image.

    References:
        R. W. Filice et al. Crowdsourcing pneumothorax annotations using machine learning annotations on the NIH chest
        X-ray dataset. Journal of Digital Imaging 33, 490-496, 2020.
    """
    name = str(labels)
    raw = read_label_file(labels)
    column = _COLUMN if _COLUMN in raw else f" {_COLUMN}"
    require_columns(raw, ("ImageId", column), name, "SIIM-ACR label file")
    cells = raw[column].str.strip()
    states = cells.map(DECLARATION.values)
    states = states.mask(cells.str.fullmatch(_RUNS), LabelState.POSITIVE.value)
    unknown = cells[states.isna()].str.slice(stop=20).value_counts()
    if not unknown.empty:
        named = first_few([f"{cell!r} ({count} time{'s' if count > 1 else ''})" for cell, count in unknown.items()])
        raise LabelError(f"{name}: {_COLUMN} is {named}; it holds -1 or pairs of numbers")
    pairs = pd.DataFrame({"image": raw["ImageId"], "state": states}).drop_duplicates(ignore_index=True)
    torn = pairs.loc[pairs["image"].duplicated(), "image"].tolist()
    if torn:
        raise LabelError(f"{name}: -1 stands beside an outline of {first_few(torn)}; mend the file")
    frame = pd.DataFrame(dict.fromkeys(("image", "patient", "study"), pairs["image"]))
    frame = frame.assign(view="", age=np.nan, sex="", source=DECLARATION.source)
    frame[DECLARATION.words[_COLUMN]] = pairs["state"]
    frame = locate_images(frame, images, name, missing_images)
    check_study_table(frame, name)
    return frame
