"""A folder of images without any label: material for pseudo labels and consistency."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ...errors import ConfigError, TableError
from ...files import first_few
from ...labels import LABELLED, LabelState, vocabulary
from ..validation import REQUIRED_COLUMNS, check_study_table
from .folder import complete_from_headers
from .image_files import list_images


def import_images(
    images: str | Path, *, findings: Sequence[str], source: str | None = None, patient_from: str = "header"
) -> pd.DataFrame:
    r"""Study table of images that nobody labelled: every finding is unmentioned, and column labelled lists none.

    A policy that turns what is unmentioned into a negative leaves these rows unknown, because no one was asked.

    Args:
        images: folder of DICOM, PNG, JPEG or NIfTI images, in any sub-folders; image paths become relative to it.
        findings: ids of the columns; a study table has at least one. Those of the labelled tables beside it do.
        source: name of the data set; the folder's name if not given.
        patient_from: what tells the patient. "header": Patient ID of the DICOM header. "file": every file is its own
            patient, which is right only if no one has two. Else a regular expression that is searched for in the path;
            its first group, or all of it, is the patient, for example `"patient(\d+)"`.

    Returns:
        Study table; study, view, age and sex come from the DICOM headers, blank where there are none.

    Raises:
        TableError: no image, a patient that is not told, a broken header.
        LabelError: an unknown finding id.
        ConfigError: no finding, or `patient_from` is no regular expression.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("p7_1.png", "p7_2.png"):
        ...     (folder / name).touch()
        >>> frame = import_images(folder, findings=["edema"], source="here", patient_from=r"p(\d+)")
        >>> frame[["image", "patient", "edema", "labelled"]].values.tolist()
        [['p7_1.png', '7', 'unmentioned', ''], ['p7_2.png', '7', 'unmentioned', '']]
    """
    name = str(images)
    if isinstance(findings, str) or not findings:
        raise ConfigError(f"{name}: findings must list ids of the vocabulary, not {findings!r}")
    ids = [vocabulary().get(finding).id for finding in dict.fromkeys(findings)]
    frame = pd.DataFrame({"image": list_images(images)})
    if patient_from != "header":
        frame["patient"] = frame["image"] if patient_from == "file" else _matched(frame["image"], patient_from, name)
    remedy = "choose patient_from='file' if each file is a patient, or a regular expression that finds it in the path"
    frame = complete_from_headers(frame, images, name, source, remedy)[[*REQUIRED_COLUMNS]]
    frame = frame.assign(**{LABELLED: ""}, **dict.fromkeys(ids, LabelState.UNMENTIONED.value))
    check_study_table(frame, name)
    return frame


def _matched(paths: pd.Series, pattern: str, name: str) -> pd.Series:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ConfigError(
            f"{name}: patient_from is 'header', 'file' or a regular expression, not {pattern!r} ({error})"
        ) from error
    found = [expression.search(path) for path in paths]
    unmatched = [path for path, match in zip(paths, found, strict=True) if not match]
    if unmatched:
        raise TableError(f"{name}: {pattern!r} finds no patient in {first_few(unmatched)}; mend the expression")
    return pd.Series([(match[1] if expression.groups else match[0]) or "" for match in found if match])
