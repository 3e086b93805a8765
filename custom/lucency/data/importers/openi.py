"""Open-I, the Indiana University collection: `NLMCXR_reports.tgz` and `nlmcxr_dicom_metadata.csv`."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import TableError
from ...files import first_few
from ...labels import LabelState
from ..table_files import read_text
from ..validation import check_study_table
from .declaration import Declaration
from .image_files import Missing, keep_found, list_images, match_images
from .openi_reports import Report, read_reports
from .raw_values import SEXES, ages_in_years, declared, refuse_unknown_words, require_columns
from .report_labels import left_out_of, report_columns, stated, words_of

DECLARATION = Declaration(
    source="openi",
    title="Open-I Indiana University collection, NLMCXR_reports.tgz",
    words=words_of("openi"),
    values={"borderline": LabelState.UNCERTAIN.value},  # a qualifier; a heading without it is positive
    silence=LabelState.UNMENTIONED.value,
    reason="people coded what a report states; reports name what matters to the question asked",
    left_out=left_out_of("openi"),
    reference=(
        "Demner-Fushman et al., Preparing a collection of radiology examinations for distribution and retrieval, "
        "Journal of the American Medical Informatics Association 23, 2016"
    ),
)
_TWO_IN_ONE = dict.fromkeys(("Hydropneumothorax", "Hemopneumothorax"), ("Pleural Effusion", "Pneumothorax"))
_INCOMPLETE = {"No Indexing", "Technical Quality of Image Unsatisfactory"}
_VIEWS = {
    "PA": "PA", "AP": "AP", "LL": "LL", "RL": "RL", "LATERAL": "LATERAL", "LARGE LATERAL": "LATERAL", "": "",
}  # fmt: skip
_NUMBER = r"^CXR(\d+)_(?:\1_)?"  # the reports call the images of CXR1 "CXR1_1_IM-...", all others "CXR2_IM-..."
_METADATA = ("imageid", "Study Date", "Patient's Birth Date", "Patient's Sex", "View Position")
_log = logging.getLogger(__name__)


def import_openi(
    labels: str | Path,
    *,
    images: str | Path | None = None,
    missing_images: Missing = "error",
    metadata: str | Path | None = None,
) -> pd.DataFrame:
    """Study table of the Indiana University chest radiographs of Open-I; every image has the labels of its report.

    A heading of `MeSH/major` such as "Opacity/lung/base/left" means the findings that the vocabulary has for "Opacity"
    and for "Opacity/" with any of its qualifiers; it means none if one of these pairs is left out, as the calcified
    lymph nodes of "Calcinosis/lung/hilum/lymph nodes" are. It is positive, with the qualifier "borderline" uncertain;
    every other finding is unmentioned. "normal" is the finding no_finding; hydropneumothorax is both effusion and
    pneumothorax. Headings that a program found (`MeSH/automatic`) are not used. A report with the heading "No Indexing"
    or "Technical Quality of Image Unsatisfactory" says nothing of what it does not name: its cell of column `labelled`
    lists only the named findings, so that no policy makes the others negative.

    Args:
        labels: NLMCXR_reports.tgz, or the folder of .xml files it was unpacked to. A report that cannot be read is
            left out with a warning; those without an image give no row.
        images: folder of the PNG or DICOM images, in any sub-folders; image paths become relative to it. Without it
            they are the names of the PNG files.
        missing_images: with `images`, whether a row without a file is an error or dropped.
        metadata: nlmcxr_dicom_metadata.csv, the headers of the DICOM images, from which view and age come; unknown
            without it.

    Returns:
        Study table with the findings of `DECLARATION`; source "openi". Open-I tells no patients, so every report is
        its own patient. Dates are as de-identification left them.

    Raises:
        TableError: wrong file, no readable report, an image in two reports, or absent images.
        LabelError: a heading or qualifier without declared meaning.

    References:
        D. Demner-Fushman et al. Preparing a collection of radiology examinations for distribution and retrieval.
        Journal of the American Medical Informatics Association 23, 304-310, 2016.
    """
    name = str(labels)
    reports = [report for report in read_reports(labels) if report.images]  # 104 of 3,955 have none
    if not reports:
        raise TableError(f"{name}: no report has a parentImage; give the reports of Open-I's X-ray collection")
    rows = np.repeat(np.arange(len(reports)), [len(report.images) for report in reports])
    ids = pd.Series([image for report in reports for image in report.images])
    patients = pd.Series([report.id for report in reports]).take(rows).reset_index(drop=True)
    frame = pd.DataFrame({"image": ids + ".png", "patient": patients, "study": patients})
    frame = frame.assign(**_described(ids, metadata), source=DECLARATION.source)
    frame = frame.assign(**_states(reports, rows, name))
    if images is not None:
        files = list_images(images)
        found = match_images(ids, files)
        found = found.mask(found.eq(""), match_images(_dicom_names(ids), files))
        frame = keep_found(frame, found, name, images, missing_images)
    check_study_table(frame, name)
    return frame


def _dicom_names(ids: pd.Series) -> pd.Series:
    """File names of the DICOM images, without suffix."""
    return ids.str.replace(_NUMBER, r"\1_", regex=True)


def _states(reports: Sequence[Report], rows: NDArray[np.intp], name: str) -> dict[str, pd.Series]:
    headings = [[_parts(heading) for heading in report.headings] for report in reports]
    flat = [parts for report in headings for parts in report]
    words = [*DECLARATION.words, *DECLARATION.left_out, *_TWO_IN_ONE]
    known = [word for word in words if "/" not in word]
    qualifiers = [*dict.fromkeys(word.partition("/")[2] for word in words if "/" in word), *DECLARATION.values]
    refuse_unknown_words(pd.Series([parts[0] for parts in flat], dtype="str"), known, f"{name}: MeSH/major")
    what = f"{name}: qualifier in MeSH/major"
    refuse_unknown_words(pd.Series([word for parts in flat for word in parts[1:]], dtype="str"), qualifiers, what)
    incomplete = [not report or any(parts[0] in _INCOMPLETE for parts in report) for report in headings]
    states = [stated([said for parts in report for said in _statements(*parts)]) for report in headings]
    return report_columns(states, incomplete, rows, DECLARATION)


def _parts(heading: str) -> list[str]:
    return [part.strip() for part in heading.split("/")]


def _statements(heading: str, *qualifiers: str) -> list[tuple[str, str]]:
    """Finding and state of everything that a heading with its qualifiers means; "" for a finding if it means none."""
    state = next(
        (DECLARATION.values[word] for word in qualifiers if word in DECLARATION.values), LabelState.POSITIVE.value
    )
    pairs = [f"{heading}/{qualifier}" for qualifier in qualifiers]
    if not DECLARATION.left_out.keys().isdisjoint(pairs):
        return [("", state)]
    spellings = [heading, *pairs, *_TWO_IN_ONE.get(heading, ())]
    meant = [DECLARATION.words[spelling] for spelling in spellings if spelling in DECLARATION.words]
    return [(finding, state) for finding in meant or [""]]


def _described(ids: pd.Series, metadata: str | Path | None) -> dict[str, pd.Series | str | float]:
    """View, age and sex of each image, unknown where the metadata do not have it."""
    if metadata is None:
        return {"view": "", "age": np.nan, "sex": ""}
    name = str(metadata)
    raw = read_text(metadata)
    require_columns(raw, _METADATA, name, "table of Open-I's DICOM headers")
    raw = raw[[*_METADATA]].assign(imageid=_dicom_names(raw["imageid"])).drop_duplicates("imageid")
    told = raw.set_index("imageid").reindex(_dicom_names(ids)).reset_index(drop=True)
    untold = ids[told["Study Date"].isna()].tolist()
    if len(untold) == len(ids):
        raise TableError(f"{name}: has none of the images of the reports; give nlmcxr_dicom_metadata.csv")
    if untold:
        _log.warning("%s: lacks %d of %d images: %s", name, len(untold), len(ids), first_few(untold))
    told = told.fillna("")
    return {
        "view": declared(told["View Position"], _VIEWS, f"{name}: View Position"),
        "age": _ages(told, name),
        "sex": declared(told["Patient's Sex"], SEXES, f"{name}: Patient's Sex"),
    }


def _ages(told: pd.DataFrame, name: str) -> pd.Series:
    """Completed years on the day of the study."""
    dates = {}
    for column in ("Study Date", "Patient's Birth Date"):
        dates[column] = pd.to_datetime(told[column], format="%Y%m%d", errors="coerce")
        wrong = told[column][dates[column].isna() & told[column].ne("")]
        if not wrong.empty:
            raise TableError(f"{name}: {column} is {first_few(wrong.unique().tolist())}; it holds dates as 20131231")
    days = (dates["Study Date"] - dates["Patient's Birth Date"]).dt.days
    years = (days // 365.25).map(lambda number: "" if np.isnan(number) else str(int(number)))
    return ages_in_years(years, f"{name}: age")
