"""PadChest: `PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv`."""

import ast
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd

from ...errors import ConfigError, LabelError, TableError
from ...files import first_few
from ...labels import LabelState
from ..table_files import read_text
from ..validation import check_study_table
from .declaration import Declaration
from .image_files import Missing, locate_images
from .raw_values import SEXES, ages_in_years, declared, refuse_unknown_words, require_columns
from .report_labels import left_out_of, report_columns, stated, words_of

DECLARATION = Declaration(
    source="padchest",
    title="PadChest, PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv",
    words=words_of("padchest"),
    values={},
    silence=LabelState.UNMENTIONED.value,
    reason="labels are the words of a report, by physicians or a network; reports name what matters to the question",
    left_out=left_out_of("padchest"),
    reference="Bustos et al., PadChest, Medical Image Analysis 66, 2020 (arXiv:1901.07441)",
)
_TWO_IN_ONE = {"hydropneumothorax": ("pleural effusion", "pneumothorax")}  # the label tree has it under both
_EXCLUDE = "exclude"
_INCOMPLETE = {_EXCLUDE, "suboptimal study", "unchanged"}
_BLANK = ("", "nan")  # the published file was written by pandas
_VIEWS = {
    "PA": "PA", "AP": "AP", "AP_horizontal": "AP", "L": "LATERAL", "COSTAL": "COSTAL", "EXCLUDE": "", "UNK": "",
}  # fmt: skip
_METHODS = {"Physician": "physician", "RNN_model": "network"}
_log = logging.getLogger(__name__)

Method = Literal["all", "physician"]
Excluded = Literal["drop", "keep"]


def import_padchest(
    labels: str | Path,
    *,
    images: str | Path | None = None,
    missing_images: Missing = "error",
    method: Method = "all",
    excluded: Excluded = "drop",
) -> pd.DataFrame:
    """Study table of PadChest.

    Every word of `Labels` that the vocabulary knows is positive, every other finding unmentioned; hydropneumothorax is
    both effusion and pneumothorax. "normal" is the finding no_finding, uncertain where other words stand beside it. A
    row without words, or with "unchanged", "suboptimal study" or "exclude", says nothing of what it does not name: its
    cell of column `labelled` lists only the named findings, so that no policy makes the others negative.

    Args:
        labels: the label file, also as .csv.gz.
        images: folder that holds the images, in any sub-folders (0/..., 1/... as distributed, or all in one); image
            paths become relative to it. Without it they are the bare file names.
        missing_images: with `images`, whether a row without a file is an error or dropped.
        method: all rows, or only those that a physician labelled (a quarter; a network labelled the others).
        excluded: what becomes of rows with the label "exclude" or the projection EXCLUDE, which the archive itself
            asks to leave out.

    Returns:
        Study table with the findings of `DECLARATION`; source "padchest"; lateral views are "LATERAL", supine AP views
        are "AP". The file has the year of birth alone, so `age` may be a year too high.

    Raises:
        TableError: wrong file, a date that is none, no row left, or absent images.
        LabelError: an unknown word, or a cell of `Labels` that is no list.
        ConfigError: unknown `method` or `excluded`.

    References:
        A. Bustos et al. PadChest: a large chest x-ray image dataset with multi-label annotated reports. Medical Image
        Analysis 66, 101797, 2020.
    """
    for argument, value, choices in (("method", method, get_args(Method)), ("excluded", excluded, get_args(Excluded))):
        if value not in choices:
            raise ConfigError(f"import_padchest: {argument} is {value!r}; use {' or '.join(choices)}")
    name = str(labels)
    raw = read_text(labels)
    columns = (
        "ImageID", "StudyID", "PatientID", "StudyDate_DICOM", "PatientBirth", "PatientSex_DICOM", "Projection",
        "MethodLabel", "Labels",
    )  # fmt: skip
    require_columns(raw, columns, name, "PadChest label file")
    said = _words(raw["Labels"], name)
    methods = declared(raw["MethodLabel"], _METHODS, f"{name}: MethodLabel")
    kept = methods.eq(method) | (method == "all")
    if excluded == "drop":
        out = kept & (said.map(lambda words: _EXCLUDE in words) | raw["Projection"].eq("EXCLUDE"))
        if out.any():
            _log.warning("%s: %d rows that the archive marks as excluded are left out", name, int(out.sum()))
        kept &= ~out
    if not kept.any():
        raise TableError(f"{name}: no row is left; import with other choices for method and excluded")
    raw, said = raw[kept].reset_index(drop=True), said[kept]
    frame = pd.DataFrame(
        {
            "image": raw["ImageID"],
            "patient": raw["PatientID"],
            "study": raw["StudyID"],
            "view": declared(raw["Projection"], _VIEWS, f"{name}: Projection"),
            "age": _ages(raw, name),
            "sex": declared(raw["PatientSex_DICOM"], SEXES | dict.fromkeys(_BLANK, ""), f"{name}: PatientSex_DICOM"),
            "source": DECLARATION.source,
        }
    )
    frame = frame.assign(**_states(said))
    frame = locate_images(frame, images, name, missing_images)
    check_study_table(frame, name)
    return frame


def _words(labels: pd.Series, name: str) -> pd.Series:
    """The words of each row, without the blanks around them."""
    rows, texts = pd.factorize(labels)  # as slow as `literal_eval` is, it only has to read each text once
    lists = [_list(text) for text in texts]
    broken = [number for number, words in enumerate(lists) if words is None]
    if broken:
        wrong = np.flatnonzero(np.isin(rows, broken))
        raise LabelError(
            f"{name}: Labels is {texts[broken[0]][:40]!r} in {first_few([f'row {row + 1}' for row in wrong])}; "
            "it holds lists of words such as ['normal']"
        )
    said = pd.Series([lists[row] for row in rows], index=labels.index)
    known = [*DECLARATION.words, *DECLARATION.left_out, *_TWO_IN_ONE]
    if not set(known).issuperset(word for words in lists for word in words or ()):
        refuse_unknown_words(said.explode().dropna(), known, f"{name}: Labels")
    return said


def _list(text: str) -> tuple[str, ...] | None:
    if text in _BLANK:
        return ()
    try:
        words = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    return tuple(word.strip() for word in words)


def _states(said: pd.Series) -> dict[str, pd.Series]:
    rows, reports = pd.factorize(said)
    incomplete = [not any(words) or not _INCOMPLETE.isdisjoint(words) for words in reports]
    return report_columns([stated(_statements(words)) for words in reports], incomplete, rows, DECLARATION)


def _statements(words: Sequence[str]) -> list[tuple[str, str]]:
    parts = [part for word in words if word for part in _TWO_IN_ONE.get(word, (word,))]
    return [(DECLARATION.words.get(part, ""), LabelState.POSITIVE.value) for part in parts]


def _ages(raw: pd.DataFrame, name: str) -> pd.Series:
    years = []
    for column, pattern, form in (
        ("StudyDate_DICOM", r"^(\d{4})\d{4}$", "dates such as 20131231"),
        ("PatientBirth", r"^(\d{4})(?:\.0)?$", "years such as 1950"),
    ):
        texts = pd.Series(raw[column].unique())
        year = texts.str.extract(pattern)[0]
        wrong = texts[year.isna() & ~texts.isin(_BLANK)]
        if not wrong.empty:
            raise TableError(f"{name}: {column} is {first_few([repr(text) for text in wrong])}; it holds {form}")
        years.append(raw[column].map(dict(zip(texts, pd.to_numeric(year), strict=True))))
    return ages_in_years((years[0] - years[1]).astype(str).fillna(""), f"{name}: age")
