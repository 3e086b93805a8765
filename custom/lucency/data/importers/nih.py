"""NIH ChestX-ray14: `Data_Entry_2017.csv` and `Data_Entry_2017_v2020.csv`."""

import logging
from pathlib import Path

import pandas as pd

from ...errors import LabelError, TableError
from ...files import first_few
from ...labels import LabelState, vocabulary
from ..table_files import existing_file, read_text
from ..validation import check_study_table
from .declaration import Declaration
from .image_files import Missing, locate_images
from .known_files import recognised
from .nih_boxes import read_nih_boxes
from .raw_values import SEXES, ages_in_years, declared, refuse_unknown_words, require_columns

DECLARATION = Declaration(
    source="nih",
    title="NIH ChestX-ray14, Data_Entry_2017.csv and Data_Entry_2017_v2020.csv",
    words={
        word: vocabulary().find("nih14", word).id
        for word in (
            "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis", "Hernia",
            "Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax", "No Finding",
        )
    },
    values={},
    silence=LabelState.UNMENTIONED,
    reason="labels are mined from reports, which name what matters to the question asked, and mining misses more",
    reference="Wang et al., ChestX-ray8, CVPR 2017",
)  # fmt: skip
_VIEWS = {"PA": "PA", "AP": "AP"}
_log = logging.getLogger(__name__)


def import_nih(
    labels: str | Path,
    *,
    images: str | Path | None = None,
    missing_images: Missing = "error",
    train_list: str | Path | None = None,
    test_list: str | Path | None = None,
    boxes: str | Path | None = None,
) -> pd.DataFrame:
    """Study table of NIH ChestX-ray14.

    Every word of `Finding Labels` is positive, every other finding unmentioned; `No Finding` is the finding no_finding.
    The 2017 and the 2020 label file differ in header and ages ("058Y" or "58"); both are read.

    Args:
        labels: Data_Entry_2017.csv or Data_Entry_2017_v2020.csv, also as .csv.gz.
        images: folder that holds the images, in any sub-folders (images_001/images/... as distributed); image paths
            become relative to it. Without it they are the bare file names.
        missing_images: with `images`, whether a row without a file is an error or dropped.
        train_list: train_val_list.txt, becomes split "train"; take val from it with
            `split_patients(..., within="train")`.
        test_list: test_list.txt, becomes split "test"; give both lists or none.
        boxes: BBox_List_2017.csv: a radiologist saw what is boxed, so it becomes positive, and No Finding on such an
            image unmentioned; the log counts the labels that became positive, none with the label file of 2020. For the
            boxes themselves see `read_nih_boxes`.

    Returns:
        Study table with the 14 findings and no_finding; source "nih".

    Raises:
        TableError: wrong file, absent images, or an image in neither or both lists.
        LabelError: a label word without declared meaning, or No Finding beside a finding.

    References:
        X. Wang et al. ChestX-ray8: hospital-scale chest X-ray database and benchmarks. CVPR 2017.
    """
    name = str(labels)
    raw = read_text(labels)
    columns = ("Finding Labels", *image_columns(raw))
    require_columns(raw, columns, name, "NIH ChestX-ray14 label file")
    other = recognised(raw.columns, columns)
    if other is not None:  # Google's file repeats NIH's labels beside its own
        raise TableError(f"{name}: is no NIH ChestX-ray14 label file; it looks like {other}")
    frame = describe_images(raw, DECLARATION.source, name)
    if (train_list is None) != (test_list is None):
        raise TableError(f"{name}: give both train_list and test_list, or none")
    if train_list is not None and test_list is not None:
        frame["split"] = _official_split(frame["image"], train_list, test_list, name)
    frame = frame.assign(**_states(raw["Finding Labels"], name))
    if boxes is not None:
        frame = _with_boxed(frame, boxes, name)
    frame = locate_images(frame, images, name, missing_images)
    check_study_table(frame, name)
    return frame


def image_columns(raw: pd.DataFrame) -> tuple[str, ...]:
    """Columns that describe an image in NIH's label files; that of the sex differs between releases."""
    sex = "Patient Sex" if "Patient Sex" in raw else "Patient Gender"
    return "Image Index", "Patient ID", "Patient Age", sex, "View Position"


def describe_images(raw: pd.DataFrame, source: str, name: str) -> pd.DataFrame:
    """Columns image to source of the study table, from those that NIH has for an image.

    Args:
        raw: with all `image_columns`.
        source: for column source.
        name: of the file, for messages.

    Raises:
        LabelError, TableError: a view, sex or age without declared meaning.
    """
    image, patient, age, sex, view = image_columns(raw)
    return pd.DataFrame(
        {
            "image": raw[image],
            "patient": raw[patient],
            "study": raw[image].str.rpartition(".")[0],  # one image a follow-up, so each is its own study
            "view": declared(raw[view], _VIEWS, f"{name}: {view}"),
            "age": ages_in_years(raw[age], f"{name}: {age}"),
            "sex": declared(raw[sex], SEXES, f"{name}: {sex}"),
            "source": source,
        }
    )


def _states(finding_labels: pd.Series, name: str) -> dict[str, pd.Series]:
    words = finding_labels.str.split("|").explode()
    refuse_unknown_words(words, DECLARATION.words, f"{name}: Finding Labels")
    mentioned = finding_labels.str.get_dummies("|").astype(bool)
    contradictory = mentioned.get("No Finding", pd.Series(False, index=mentioned.index)) & (mentioned.sum(axis=1) > 1)
    if contradictory.any():
        rows = [f"row {row + 1}" for row in range(len(mentioned)) if contradictory.iloc[row]]
        raise LabelError(f"{name}: No Finding stands beside a finding in {first_few(rows)}; mend the file")
    absent = pd.Series(False, index=mentioned.index)
    state = {True: LabelState.POSITIVE.value, False: str(DECLARATION.silence)}
    return {finding: mentioned.get(word, absent).map(state) for word, finding in DECLARATION.words.items()}


def _with_boxed(frame: pd.DataFrame, boxes: str | Path, name: str) -> pd.DataFrame:
    """Make every boxed finding positive, and No Finding beside it as unmentioned as beside any finding."""
    frame = frame.copy()
    boxed = read_nih_boxes(boxes)
    changed = 0
    for finding, images in boxed.groupby("finding")["image"]:
        unnamed = frame["image"].isin(images) & frame[finding].ne(LabelState.POSITIVE.value)
        frame.loc[unnamed, finding] = LabelState.POSITIVE.value
        frame.loc[unnamed, "no_finding"] = str(DECLARATION.silence)
        changed += int(unnamed.sum())
    level = logging.WARNING if changed else logging.INFO
    _log.log(level, "%s: %d labels became positive, because %s has boxes of them", name, changed, boxes)
    return frame


def _official_split(images: pd.Series, train_list: str | Path, test_list: str | Path, name: str) -> pd.Series:
    train, test = (set(existing_file(path).read_text(encoding="utf-8").split()) for path in (train_list, test_list))
    if train & test:
        raise TableError(f"{train_list} and {test_list} share {first_few(sorted(train & test))}")
    unlisted = images[~images.isin(train | test)]
    if not unlisted.empty:
        raise TableError(f"{name}: neither list has {first_few(unlisted.tolist())}; use the lists of the same release")
    return images.isin(train).map({True: "train", False: "test"})
