"""RSNA Pneumonia Detection Challenge: `stage_2_train_labels.csv` and `stage_2_detailed_class_info.csv`."""

from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import LabelError, TableError
from ...files import first_few
from ...labels import LabelState, vocabulary
from ..boxes import BOX_COLUMNS, check_boxes
from ..validation import check_study_table
from .declaration import Declaration
from .image_files import Missing, locate_images
from .raw_values import SEXES, ages_in_years, declared, refuse_unknown_words, require_columns
from .zipped import read_label_file

_OPACITY, _NORMAL = "Lung Opacity", "Normal"
_PLACE = ["x", "y", "width", "height"]
_VIEWS = {"PA": "PA", "AP": "AP"}

DECLARATION = Declaration(
    source="rsna",
    title="RSNA Pneumonia Detection Challenge, stage_2_train_labels.csv and stage_2_detailed_class_info.csv",
    words={word: vocabulary().find("rsna", word).id for word in ("Target", _OPACITY, _NORMAL)},
    values={"1": LabelState.POSITIVE.value, "0": LabelState.NEGATIVE.value},
    silence=LabelState.NEGATIVE.value,
    reason="radiologists put every image into one of three classes, so one that is not Normal is known not to be",
    left_out={"No Lung Opacity / Not Normal": "abnormal in a way that nobody named: negative for both findings"},
    reference="Shih et al., Radiology: Artificial Intelligence 1(1), e180041, 2019",
)


def import_rsna(
    labels: str | Path,
    *,
    images: str | Path | None = None,
    missing_images: Missing = "error",
    classes: str | Path | None = None,
    headers: str | Path | None = None,
) -> pd.DataFrame:
    """Study table of the RSNA Pneumonia Detection Challenge.

    pneumonia_opacity is positive where Target is 1 (an opacity suspicious for pneumonia is boxed) and negative where it
    is 0. It is not lung_opacity: an image with Target 0 may show a nodule, atelectasis or edema that nobody took for
    pneumonia. no_finding is positive where the class is Normal and negative in both other classes; without `classes`
    there is no column no_finding, because Target 0 says nothing of it.

    Args:
        labels: stage_2_train_labels.csv, also as .csv.gz or .zip; a row a box, so several rows an image.
        images: folder of the images; image paths become relative to it. Without it they are the ids of the file.
        missing_images: with `images`, whether a row without a file is an error or dropped.
        classes: stage_2_detailed_class_info.csv, also as .csv.gz or .zip.
        headers: a table of the DICOM headers with columns PatientID, ViewPosition, PatientAge and PatientSex, for view,
            age and sex, which are unknown without it.

    Returns:
        Study table with pneumonia_opacity and, with `classes`, no_finding; source "rsna". `patientId` is an id
        of the image: whether two images are of one patient is not told, though all come from NIH ChestX-ray14.

    Raises:
        TableError: wrong file, absent images, or an image that `classes` or `headers` lack.
        LabelError: a value or class without declared meaning, or one that differs between rows or files.

    References:
        G. Shih et al. Augmenting the National Institutes of Health chest radiograph dataset with expert annotations of
        possible pneumonia. Radiology: Artificial Intelligence 1(1), e180041, 2019.
    """
    name = str(labels)
    raw = _raw_labels(labels)
    target = _one_an_image(raw, "Target", name)
    frame = pd.DataFrame(dict.fromkeys(("image", "patient", "study"), target.index))
    frame = frame.assign(view="", age=np.nan, sex="", source=DECLARATION.source)
    if headers is not None:
        frame = frame.assign(**_told_by_headers(frame["image"], headers))
    states = declared(target, DECLARATION.values, f"{name}: Target")
    frame[DECLARATION.words["Target"]] = states.to_numpy()
    if classes is not None:
        frame[DECLARATION.words[_NORMAL]] = _normal(states, classes).to_numpy()
    frame = locate_images(frame, images, name, missing_images)
    check_study_table(frame, name)
    return frame


def read_rsna_boxes(labels: str | Path) -> pd.DataFrame:
    """Box table of the RSNA Pneumonia Detection Challenge.

    Args:
        labels: stage_2_train_labels.csv, also as .csv.gz or .zip.

    Returns:
        See `check_boxes`; image is the id of the file, reader is blank: boxes of several readers were merged.

    Raises:
        TableError: wrong file, or a box that is none.
        LabelError: a Target other than 0 and 1, or a box beside Target 0.
    """
    name = str(labels)
    raw = _raw_labels(labels)
    boxed = raw[_PLACE].apply(lambda column: column.ne("")).any(axis=1)
    states = declared(raw["Target"], DECLARATION.values, f"{name}: Target")
    wrong = boxed ^ states.eq(LabelState.POSITIVE.value)
    if wrong.any():
        raise LabelError(
            f"{name}: {first_few(raw.loc[wrong, 'patientId'].tolist())} has a box beside Target 0, or Target 1 "
            "without one; mend the file"
        )
    raw = raw[boxed].reset_index(drop=True)
    numbers = raw[_PLACE].apply(pd.to_numeric, errors="coerce").astype("float64")
    boxes = numbers.assign(image=raw["patientId"], finding=DECLARATION.words["Target"], reader="")
    frame = pd.DataFrame(boxes, columns=[*BOX_COLUMNS])
    check_boxes(frame, name)
    return frame


def _raw_labels(labels: str | Path) -> pd.DataFrame:
    raw = read_label_file(labels)
    require_columns(raw, ("patientId", *_PLACE, "Target"), str(labels), "RSNA pneumonia label file")
    return raw


def _one_an_image(raw: pd.DataFrame, column: str, name: str) -> pd.Series:
    """The column by image, in the order of the file; it must not differ between the rows of an image."""
    pairs = raw[["patientId", column]].drop_duplicates()
    torn = pairs.loc[pairs["patientId"].duplicated(), "patientId"].tolist()
    if torn:
        raise LabelError(f"{name}: {column} differs between the rows of {first_few(torn)}; mend the file")
    return pairs.set_index("patientId")[column]


def _normal(opacity: pd.Series, classes: str | Path) -> pd.Series:
    """State of no_finding for the images that index the states of pneumonia_opacity."""
    name = str(classes)
    raw = read_label_file(classes)
    require_columns(raw, ("patientId", "class"), name, "RSNA detailed class info")
    refuse_unknown_words(raw["class"], (_OPACITY, _NORMAL, *DECLARATION.left_out), f"{name}: class")
    told = _one_an_image(raw, "class", name).reindex(opacity.index)
    _refuse_untold(told, name)
    differing = told.eq(_OPACITY) ^ opacity.eq(LabelState.POSITIVE.value)
    if differing.any():
        raise LabelError(
            f"{name}: class and Target contradict each other for {first_few(differing[differing].index.tolist())}; "
            "use files of the same stage"
        )
    return told.eq(_NORMAL).map({True: LabelState.POSITIVE.value, False: DECLARATION.silence})


def _told_by_headers(images: pd.Series, headers: str | Path) -> dict[str, pd.Series]:
    name = str(headers)
    raw = read_label_file(headers)
    columns = ("PatientID", "ViewPosition", "PatientAge", "PatientSex")
    require_columns(raw, columns, name, "table of the DICOM headers of RSNA")
    told = raw[[*columns]].drop_duplicates("PatientID").set_index("PatientID").reindex(images)
    _refuse_untold(told["ViewPosition"], name)
    told = told.reset_index(drop=True)
    return {
        "view": declared(told["ViewPosition"], _VIEWS, f"{name}: ViewPosition"),
        "age": ages_in_years(told["PatientAge"], f"{name}: PatientAge"),
        "sex": declared(told["PatientSex"], SEXES, f"{name}: PatientSex"),
    }


def _refuse_untold(told: pd.Series, name: str) -> None:
    untold = told.index[told.isna()].tolist()
    if untold:
        raise TableError(f"{name}: has no row for {first_few(untold)}; use the file of the same stage")
