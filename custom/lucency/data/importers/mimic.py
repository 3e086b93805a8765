"""MIMIC-CXR-JPG: the label files of CheXpert's and NegBio's labeller and of a radiologist, one row an image."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import TableError
from ...files import first_few
from ...labels import LabelState, vocabulary
from ..table_files import read_text
from ..validation import check_study_table
from .declaration import Declaration
from .image_files import Missing, keep_found, list_images, match_images
from .raw_values import declared, declared_columns, require_columns

DECLARATION = Declaration(
    source="mimic",
    title="MIMIC-CXR-JPG, mimic-cxr-2.0.0-chexpert.csv, mimic-cxr-2.0.0-negbio.csv and "
    "mimic-cxr-2.1.0-test-set-labeled.csv",
    words={
        column: vocabulary().find("mimic", column).id
        for column in (
            "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Enlarged Cardiomediastinum", "Fracture",
            "Lung Lesion", "Lung Opacity", "Airspace Opacity", "No Finding", "Pleural Effusion", "Pleural Other",
            "Pneumonia", "Pneumothorax", "Support Devices",
        )
    },
    values={
        **dict.fromkeys(("1.0", "1"), LabelState.POSITIVE),
        **dict.fromkeys(("0.0", "0"), LabelState.NEGATIVE),
        **dict.fromkeys(("-1.0", "-1"), LabelState.UNCERTAIN),
    },
    silence=LabelState.UNMENTIONED,
    reason="labels, the radiologist's too, are of reports; a blank is what the report does not mention",
    reference="Johnson et al., MIMIC-CXR-JPG, arXiv 1901.07042",
)  # fmt: skip
_VIEWS = ("AP", "PA", "LATERAL", "LL", "PA LLD", "LAO", "RAO", "AP AXIAL", "AP LLD", "XTABLE LATERAL", "AP RLD",
          "SWIMMERS", "PA RLD", "LPO", "")  # fmt: skip
_SPLITS = {"train": "train", "validate": "val", "test": "test"}
_METADATA = "mimic-cxr-2.0.0-metadata.csv"
_log = logging.getLogger(__name__)


def import_mimic(
    labels: str | Path,
    *,
    metadata: str | Path | None = None,
    split: str | Path | None = None,
    images: str | Path | None = None,
    missing_images: Missing = "error",
) -> pd.DataFrame:
    """Study table of MIMIC-CXR-JPG, frontal and lateral images.

    A label is of a study's report; every image of the study gets it, a lateral one too. Images of studies without a row
    of labels are left out, and counted in the log. Age and sex are not in these files and stay unknown.

    Args:
        labels: mimic-cxr-2.0.0-chexpert.csv, mimic-cxr-2.0.0-negbio.csv or mimic-cxr-2.1.0-test-set-labeled.csv; this
            and the next two also as .csv.gz.
        metadata: mimic-cxr-2.0.0-metadata.csv, which lists the images of each study; looked for beside `labels` if not
            given.
        split: mimic-cxr-2.0.0-split.csv; its train, validate and test become train, val and test.
        images: folder that holds the images; an image is found by its dicom_id in any sub-folder and of any suffix, and
            image paths become relative to it. Without it they are as in the archive, below its folder `files`:
            p10/p10000032/s50414267/02aa804e-bde0afdd-112c0b34-7bc16630-4e384014.jpg.
        missing_images: whether a study without image in `metadata`, and with `images` a row without a file, is an error
            or dropped.

    Returns:
        Study table with the 14 findings; source "mimic"; patient and study are subject_id and study_id.

    Raises:
        TableError: wrong file, no metadata, a study of two patients, an image without split, absent images.
        LabelError: a value without declared meaning.

    References:
        A. E. W. Johnson et al. MIMIC-CXR-JPG, a large publicly available database of labeled chest radiographs.
        arXiv 1901.07042.
    """
    name = str(labels)
    raw = _read_labels(labels)
    listed, source = _read_metadata(metadata, Path(labels))
    row = _rows_of_labels(raw, listed, name, source, missing_images)
    listed, row = listed[row >= 0].reset_index(drop=True), row[row >= 0]
    states = pd.DataFrame(declared_columns(raw, DECLARATION, name)).take(row).reset_index(drop=True)
    patient, study = listed["subject_id"], listed["study_id"]
    frame = pd.DataFrame(
        {
            "image": "p" + patient.str[:2] + "/p" + patient + "/s" + study + "/" + listed["dicom_id"] + ".jpg",
            "patient": patient,
            "study": study,
            "view": declared(listed["ViewPosition"], {view: view for view in _VIEWS}, f"{source}: ViewPosition"),
            "age": np.nan,
            "sex": "",
            "source": DECLARATION.source,
        }
    )
    if split is not None:
        frame["split"] = _official_split(listed["dicom_id"], split, source)
    frame = frame.join(states)
    if images is not None:
        frame = keep_found(frame, match_images(listed["dicom_id"], list_images(images)), name, images, missing_images)
    check_study_table(frame, name)
    return frame


def _read_labels(path: str | Path) -> pd.DataFrame:
    raw, name = read_text(path), str(path)
    columns = [word for word in DECLARATION.words if word != "Airspace Opacity"]  # the radiologist's Lung Opacity
    if "Airspace Opacity" in raw and "Lung Opacity" not in raw:
        columns[columns.index("Lung Opacity")] = "Airspace Opacity"
    require_columns(raw, ["study_id", *columns], name, "label file of MIMIC-CXR-JPG")
    if {"Airspace Opacity", "Lung Opacity"} <= set(raw):
        raise TableError(f"{name}: columns Airspace Opacity and Lung Opacity mean the same finding; keep one")
    _refuse_repeated(raw["study_id"], name)
    return raw


def _read_metadata(metadata: str | Path | None, labels: Path) -> tuple[pd.DataFrame, str]:
    if metadata is None:
        beside = [labels.with_name(_METADATA), labels.with_name(f"{_METADATA}.gz")]
        metadata = next((path for path in beside if path.is_file()), None)
    if metadata is None:
        raise TableError(
            f"{labels}: has labels of studies, not of images; name {_METADATA} (or .csv.gz), which lists the images of "
            "each study, as metadata, or put it beside this file"
        )
    raw, name = read_text(metadata), str(metadata)
    require_columns(raw, ("dicom_id", "subject_id", "study_id", "ViewPosition"), name, "metadata of MIMIC-CXR-JPG")
    return raw, name


def _rows_of_labels(
    raw: pd.DataFrame, listed: pd.DataFrame, name: str, source: str, missing: Missing
) -> NDArray[np.intp]:
    """For each listed image the row of its study's labels, -1 if there is none; both files must fit each other."""
    row = np.asarray(pd.Index(raw["study_id"]).get_indexer(pd.Index(listed["study_id"])))
    known = row >= 0
    if not known.any():
        raise TableError(f"{name}: none of its studies is in {source}; give both files of the same release")
    absent = raw["study_id"].drop(np.unique(row[known])).tolist()
    if absent:
        report = f"{name}: {len(absent)} of {len(raw)} studies have no image in {source}: {first_few(absent)}"
        if missing == "error":
            raise TableError(f"{report}; give the whole metadata, or choose to drop such studies")
        _log.warning("%s; left out", report)
    if "subject_id" in raw:
        theirs = listed.loc[known, "subject_id"]
        moved = listed.loc[known, "study_id"][raw["subject_id"].to_numpy()[row[known]] != theirs].unique().tolist()
        if moved:
            raise TableError(f"{name}: study {first_few(moved)} is of another subject_id in {source}; mend one of them")
    if not known.all():
        _log.info("%s: no labels for %d of %d images in %s; left out", name, (~known).sum(), len(known), source)
    return row


def _official_split(images: pd.Series, path: str | Path, source: str) -> pd.Series:
    raw, name = read_text(path), str(path)
    require_columns(raw, ("dicom_id", "split"), name, "split file of MIMIC-CXR-JPG")
    _refuse_repeated(raw["dicom_id"], name)
    row = pd.Index(raw["dicom_id"]).get_indexer(pd.Index(images))
    if (row < 0).any():
        raise TableError(f"{name}: has no split for {first_few(images[row < 0].tolist())} of {source}; give both whole")
    return declared(raw["split"], _SPLITS, f"{name}: split").take(row).reset_index(drop=True)


def _refuse_repeated(ids: pd.Series, name: str) -> None:
    repeated = ids[ids.duplicated()].tolist()
    if repeated:
        raise TableError(f"{name}: {ids.name} {first_few(repeated)} has more than one row; keep one")
