"""What a study table must hold; one clear error for each way in which it does not."""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import TableError
from ..files import first_few
from ..labels import IMPLIED, LABELLED, LabelState, labelled_cells, listed_cells, vocabulary
from ..labels.knowledge import unlisted_ids
from .ages import check_ages

REQUIRED_COLUMNS = ("image", "patient", "study", "view", "age", "sex", "source")
SPLITS = ("train", "val", "test")
SEXES = ("F", "M", "O", "")  # DICOM Patient's Sex (0010,0040), PS3.3 C.7.1.1; blank is unknown
STATES = tuple(state.value for state in LabelState)
_FILES_WORTH_A_LISTING = 8  # one listing of a folder costs about as much as this many single look-ups


def finding_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of `frame` that are finding ids of the vocabulary, in the order of the frame.

    Example:
        >>> finding_columns(pd.DataFrame(columns=["image", "effusion", "comment", "edema"]))
        ['effusion', 'edema']
    """
    known = set(vocabulary().ids)
    return [str(column) for column in frame.columns if column in known]


def check_study_table(frame: pd.DataFrame, name: str, image_root: str | Path | None = None) -> None:
    """Raise one `TableError` for the first rule of the study table that `frame` breaks.

    Rows are counted from 1, the header not included.

    Args:
        frame: columns image, patient, study, view, age, sex, source, optionally split, and one column of label
            states a finding; `labelled` and `implied` list finding ids; a further column only must not hold label
            states.
        name: what to call the table in the message, usually its path.
        image_root: if given, every image must exist, relative paths under this folder.

    Raises:
        TableError: missing column, no row, no finding column, a misspelt one, blank or duplicate image, blank patient,
            unknown sex, age or split, a patient in two splits, unknown label state, a label that its row neither
            labels nor implies, absent image file.

    Example:
        >>> row = dict(image="a.png", patient="00012", study="1", view="PA", age=61.0, sex="F", source="nih")
        >>> check_study_table(pd.DataFrame([row | {"effusion": "postive"}]), "table.csv")
        Traceback (most recent call last):
        ...
        lucency.errors.TableError: table.csv: effusion is 'postive' in row 1 (image a.png); did you mean 'positive'?...
    """
    _check_columns(frame, name)
    _check_identity(frame, name)
    _check_words(frame, name, "sex", SEXES)
    check_ages(frame["age"], name)
    if "split" in frame:
        _check_words(frame, name, "split", SPLITS)
        _check_patients_in_one_split(frame, name)
    _check_states(frame, name)
    _check_knowledge(frame, name)
    if image_root is not None:
        _check_files(frame, name, Path(image_root))


def _check_columns(frame: pd.DataFrame, name: str) -> None:
    missing = [column for column in REQUIRED_COLUMNS if column not in frame]
    if missing:
        close = {column: difflib.get_close_matches(column, map(str, frame.columns), n=1) for column in missing}
        hints = [f"rename '{found[0]}' to '{column}'" for column, found in close.items() if found]
        mend = " and ".join(hints) if hints else "add it (its cells may be blank, except image and patient)"
        raise TableError(f"{name}: column {', '.join(missing)} is missing; {mend}")
    if frame.empty:
        raise TableError(f"{name}: has no rows; a study table has one row an image")
    findings = set(finding_columns(frame))
    for column in frame.columns:  # a misspelt finding would otherwise be dropped without a word
        if column not in findings and column not in REQUIRED_COLUMNS and frame[column].isin(STATES).all():
            raise TableError(f"{name}: column '{column}' holds label states but is no finding id{_hint(column)}")
    if not findings:
        raise TableError(f"{name}: has no finding column; name at least one after a finding id such as 'effusion'")


def _check_identity(frame: pd.DataFrame, name: str) -> None:
    for column in ("image", "patient"):
        blank = frame[column].isna() | frame[column].eq("")
        if blank.any():
            raise TableError(f"{name}: {column} is blank in {_rows(frame, blank)}; every image needs one")
    patients = frame["patient"].astype(str)
    padded = patients.ne(patients.str.strip())
    if padded.any():  # "12" and "12 " would be two patients, in two splits perhaps
        raise TableError(f"{name}: patient has blanks around it in {_rows(frame, padded)}; take them off")
    duplicate = frame["image"].duplicated()
    if duplicate.any():
        raise TableError(f"{name}: image is listed twice: {_rows(frame, duplicate)}; keep one row an image")


def _check_words(frame: pd.DataFrame, name: str, column: str, words: Iterable[str]) -> None:
    wrong = ~frame[column].isin(list(words))
    if wrong.any():
        value = frame.loc[wrong, column].iloc[0]
        choices = ", ".join(word or "blank" for word in words)
        raise TableError(f"{name}: {column} is {value!r} in {_rows(frame, wrong)}; use {choices}")


def _check_patients_in_one_split(frame: pd.DataFrame, name: str) -> None:
    pairs = frame[["patient", "split"]].drop_duplicates()
    torn = pairs.loc[pairs["patient"].duplicated(), "patient"].unique()
    if len(torn):
        groups = pairs[pairs["patient"].isin(torn)].groupby("patient", sort=True)["split"]
        offenders = [f"{patient} (in {' and '.join(sorted(splits))})" for patient, splits in groups]
        raise TableError(f"{name}: patient in two splits: {first_few(offenders)}; split by patient with split_patients")


def _check_states(frame: pd.DataFrame, name: str) -> None:
    for finding in finding_columns(frame):
        wrong = ~frame[finding].isin(STATES)
        if wrong.any():
            value = frame.loc[wrong, finding].iloc[0]
            close = difflib.get_close_matches(str(value).lower(), STATES, n=1)
            mend = f"did you mean '{close[0]}'?" if close else "import the labels to give a raw code its meaning;"
            raise TableError(
                f"{name}: {finding} is {value!r} in {_rows(frame, wrong)}; {mend} States are {', '.join(STATES)}"
            )


def _check_knowledge(frame: pd.DataFrame, name: str) -> None:
    """Columns `labelled` and `implied`: known ids, and no state where neither lists the finding."""
    for column in (LABELLED, IMPLIED):
        strange = unlisted_ids(frame[column], vocabulary().ids) if column in frame else []
        if strange:
            raise TableError(f"{name}: column {column} lists '{strange[0]}', which is no finding id{_hint(strange[0])}")
    findings = finding_columns(frame)
    known = labelled_cells(frame, findings)
    if IMPLIED in frame:
        known |= listed_cells(frame[IMPLIED], findings)
    for position, finding in enumerate(findings):
        unasked = ~known[:, position] & frame[finding].ne(LabelState.UNMENTIONED.value)
        if unasked.any():
            raise TableError(
                f"{name}: {finding} is '{frame.loc[unasked, finding].iloc[0]}' in {_rows(frame, unasked)}, but neither "
                f"column {LABELLED} nor {IMPLIED} lists it there; list it, or make it unmentioned"
            )


def _check_files(frame: pd.DataFrame, name: str, root: Path) -> None:
    if not root.is_dir():
        raise TableError(f"{name}: image_root '{root}' is no folder; name the folder that image paths start from")
    images = pd.Series([os.path.join(root, image) for image in frame["image"]])
    absent = np.zeros(len(images), dtype=bool)
    for folder, paths in images.groupby(images.map(os.path.dirname), sort=False):
        if len(paths) < _FILES_WORTH_A_LISTING:
            absent[paths.index.to_numpy()] = [not os.path.isfile(path) for path in paths]
        else:
            present = set(os.listdir(folder)) if os.path.isdir(folder) else set()
            absent[paths.index.to_numpy()] = [os.path.basename(path) not in present for path in paths]
    if absent.any():
        raise TableError(
            f"{name}: {int(absent.sum())} of {len(frame)} image files are absent: {_rows(frame, absent)}; "
            f"looked under '{root}'; give image_root or take the rows out"
        )


def _row(frame: pd.DataFrame, row: int) -> str:
    return f"row {row + 1} (image {frame['image'].iloc[row]})"


def _rows(frame: pd.DataFrame, mask: pd.Series | npt.NDArray[np.bool_]) -> str:
    rows = np.flatnonzero(mask)
    return first_few([*(_row(frame, row) for row in rows[:3]), *rows[3:]])  # what is only counted needs no name


def _hint(column: object) -> str:
    normal = str(column).strip().lower().replace(" ", "_")
    close = difflib.get_close_matches(normal, vocabulary().ids, n=1)
    return f"; did you mean '{close[0]}'?" if close else "; see the vocabulary for the ids"
