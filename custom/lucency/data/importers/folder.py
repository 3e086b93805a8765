"""A folder of DICOM, PNG, JPEG or NIfTI images with a CSV of labels."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from ...errors import LabelError, TableError
from ...files import first_few
from ...labels import vocabulary
from ..table_files import read_text
from ..validation import REQUIRED_COLUMNS, STATES, check_study_table
from .dicom_header import HEADER_COLUMNS, read_headers
from .image_files import Missing, keep_found, list_images, match_images
from .raw_values import SEXES, ages_in_years, declared, require_columns

_log = logging.getLogger(__name__)


def import_folder(
    labels: str | Path,
    images: str | Path,
    *,
    findings: Sequence[str] | Mapping[str, str],
    values: Mapping[str, str],
    columns: Mapping[str, str] | None = None,
    names: str = "nih14",
    source: str | None = None,
    unmatched: Missing = "error",
) -> pd.DataFrame:
    """Study table of your own images and labels.

    Args:
        labels: .csv, .parquet or .json file, one row an image.
        images: folder of the images, in any sub-folders; image paths become relative to it.
        findings: label columns of the file, named by finding id or as the vocabulary source `names` calls them; or a
            mapping from column to finding id.
        values: state of each raw value, for example
            `{"1": "positive", "0": "negative", "-1": "uncertain", "": "unmentioned"}`.
        columns: column of the file for each column of the study table that is called otherwise there, for example
            `{"image": "file", "patient": "patient_id"}`. Patient, study, view, age and sex that the file lacks come
            from the DICOM headers.
        names: vocabulary source of the column names: nih14, chexpert14, ...
        source: name of the data set; the file's column source, or else the folder's name, if not given.
        unmatched: whether a row without a file, or a file without a row, is an error or left out with a warning.

    Returns:
        Study table; with column split if the file has one.

    Raises:
        TableError: absent or ambiguous images, a column that is missing, a patient that is not told, a broken header.
        LabelError: a value without declared meaning, an unknown finding or state.
    """
    name = str(labels)
    raw = read_text(labels)
    column_of = {column: column for column in (*REQUIRED_COLUMNS, "split") if column in raw} | dict(columns or {})
    unknown = [column for column in column_of if column not in (*REQUIRED_COLUMNS, "split")]
    if unknown:
        raise TableError(
            f"{name}: columns: '{unknown[0]}' is no study-table column; use {', '.join(REQUIRED_COLUMNS)}, split"
        )
    column_of.setdefault("image", "image")
    ids = _finding_ids(findings, names, name)
    meaning = _meaning(values, name)
    require_columns(raw, [*column_of.values(), *ids], name, "label file of these columns")

    files = list_images(images)
    told = pd.DataFrame({column: raw[original] for column, original in column_of.items()})
    found = match_images(told["image"], files)
    _report_unlabelled(files, found, name, images, unmatched)
    states = {finding: declared(raw[label], meaning, f"{name}: {label}") for label, finding in ids.items()}
    frame = keep_found(told.assign(**states), found, name, images, unmatched)
    remedy = "name the column with columns={'patient': ...}, or give DICOM files with Patient ID (0010,0020)"
    frame = complete_from_headers(frame, images, name, source, remedy)
    ordered = [*REQUIRED_COLUMNS, *(["split"] if "split" in frame else []), *ids.values()]
    check_study_table(frame[ordered], name)
    return frame[ordered]


def complete_from_headers(
    frame: pd.DataFrame, images: str | Path, name: str, source: str | None, remedy: str
) -> pd.DataFrame:
    """Fill from the DICOM headers what the frame does not tell, then read ages and sexes.

    Args:
        frame: column image and some of patient, study, view, age, sex, source as text.
        images: folder that the images lie in; its name is the source if nothing else is.
        name: for messages.
        source: name of the data set.
        remedy: what to do where no patient is told, for the message.

    Raises:
        TableError: no patient, a broken header, or an age that is none.
        LabelError: a sex without declared meaning.
    """
    frame = frame.copy()
    untold = [column for column in HEADER_COLUMNS if column not in frame]
    if untold:
        frame[untold] = read_headers(images, frame["image"].tolist(), untold)
    anonymous = frame.loc[frame["patient"].eq(""), "image"].tolist()
    if anonymous:
        raise TableError(f"{name}: no patient for {first_few(anonymous)}; {remedy}")
    frame["age"] = ages_in_years(frame["age"], f"{name}: age")
    frame["sex"] = declared(frame["sex"], SEXES, f"{name}: sex")
    if source is not None or "source" not in frame:
        frame["source"] = source or Path(images).resolve().name
    return frame


def _finding_ids(findings: Sequence[str] | Mapping[str, str], names: str, name: str) -> dict[str, str]:
    """Finding id of each label column."""
    if isinstance(findings, str) or not findings:
        raise LabelError(f"{name}: findings must list label columns, not {findings!r}")
    known = set(vocabulary().ids)
    try:
        if isinstance(findings, Mapping):
            ids = {str(column): vocabulary().get(finding).id for column, finding in findings.items()}
        else:
            ids = {word: word if word in known else vocabulary().find(names, word).id for word in findings}
    except LabelError as error:
        raise LabelError(f"{name}: findings: {error}") from error
    twice = [f"{column} ({finding})" for column, finding in ids.items() if list(ids.values()).count(finding) > 1]
    if twice:
        raise LabelError(f"{name}: label columns {first_few(twice)} mean the same finding; keep one")
    return ids


def _meaning(values: Mapping[str, str], name: str) -> dict[str, str]:
    if any(isinstance(raw, bool) for raw in values):
        raise LabelError(
            f"{name}: values: YAML makes true and false of yes, no, on and off; write such words in quotes"
        )
    texts = ["" if raw is None else str(raw) for raw in values]  # YAML reads 1 as a number
    twice = [repr(text) for text in dict.fromkeys(texts) if texts.count(text) > 1]
    if twice:
        raise LabelError(f"{name}: values: {first_few(twice)} is given twice, with quotes and without; keep one")
    meaning = dict(zip(texts, map(str, values.values()), strict=True))
    wrong = [state for state in meaning.values() if state not in STATES]
    if wrong or not meaning:
        raise LabelError(f"{name}: values: {first_few(wrong) or 'nothing'} is no label state; use {', '.join(STATES)}")
    return meaning


def _report_unlabelled(files: list[str], found: pd.Series, name: str, images: str | Path, unmatched: Missing) -> None:
    labelled = set(found)
    unlabelled = [file for file in files if file not in labelled]
    if unlabelled:
        report = (
            f"{name}: has no row for {len(unlabelled)} of {len(files)} images in '{images}': {first_few(unlabelled)}"
        )
        if unmatched == "error":
            raise TableError(f"{report}; label them, or choose to leave unmatched ones out")
        _log.warning("%s; left out", report)
