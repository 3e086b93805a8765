"""NIH ChestX-ray14: `Data_Entry_2017.csv` and `Data_Entry_2017_v2020.csv`."""

import logging
from pathlib import Path

import pandas as pd

from ...errors import LabelError, TableError
from ...files import first_few
from ...labels import LabelState, vocabulary
from ..table_files import existing_file, read_text
from ..validation import check_study_table
from .image_files import Missing, keep_found, list_images, match_images
from .raw_values import SEXES, ages_in_years, declared, refuse_unknown_words, require_columns

# A finding that the report mentions is positive. One that it does not mention is unmentioned, never negative:
# reports name what matters to the question asked, and mining them misses more.
_MENTIONED = {True: LabelState.POSITIVE.value, False: LabelState.UNMENTIONED.value}
_WORDS = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis", "Hernia",
    "Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax", "No Finding",
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
    sex = "Patient Sex" if "Patient Sex" in raw else "Patient Gender"  # differs between releases
    columns = ("Image Index", "Finding Labels", "Patient ID", "Patient Age", sex, "View Position")
    require_columns(raw, columns, name, "NIH ChestX-ray14 label file")
    age, impossible = ages_in_years(raw["Patient Age"], f"{name}: Patient Age")
    if impossible:
        _log.warning("%s: %d impossible ages (above 130 years) became unknown", name, impossible)
    frame = pd.DataFrame(
        {
            "image": raw["Image Index"],
            "patient": raw["Patient ID"],
            "study": raw["Image Index"].str.rpartition(".")[0],  # one image a follow-up, so each is its own study
            "view": declared(raw["View Position"], _VIEWS, f"{name}: View Position"),
            "age": age,
            "sex": declared(raw[sex], SEXES, f"{name}: {sex}"),
            "source": "nih",
        }
    )
    if (train_list is None) != (test_list is None):
        raise TableError(f"{name}: give both train_list and test_list, or none")
    if train_list is not None and test_list is not None:
        frame["split"] = _official_split(frame["image"], train_list, test_list, name)
    frame = frame.assign(**_states(raw["Finding Labels"], name))
    if images is not None:
        frame = keep_found(frame, match_images(frame["image"], list_images(images)), name, images, missing_images)
    check_study_table(frame, name)
    return frame


def _states(finding_labels: pd.Series, name: str) -> dict[str, pd.Series]:
    words = finding_labels.str.split("|").explode()
    refuse_unknown_words(words, _WORDS, f"{name}: Finding Labels")
    mentioned = finding_labels.str.get_dummies("|").astype(bool)
    contradictory = mentioned.get("No Finding", pd.Series(False, index=mentioned.index)) & (mentioned.sum(axis=1) > 1)
    if contradictory.any():
        rows = [f"row {row + 1}" for row in range(len(mentioned)) if contradictory.iloc[row]]
        raise LabelError(f"{name}: No Finding stands beside a finding in {first_few(rows)}; mend the file")
    absent = pd.Series(False, index=mentioned.index)
    return {vocabulary().find("nih14", word).id: mentioned.get(word, absent).map(_MENTIONED) for word in _WORDS}


def _official_split(images: pd.Series, train_list: str | Path, test_list: str | Path, name: str) -> pd.Series:
    train, test = (set(existing_file(path).read_text(encoding="utf-8").split()) for path in (train_list, test_list))
    if train & test:
        raise TableError(f"{train_list} and {test_list} share {first_few(sorted(train & test))}")
    unlisted = images[~images.isin(train | test)]
    if not unlisted.empty:
        raise TableError(f"{name}: neither list has {first_few(unlisted.tolist())}; use the lists of the same release")
    return images.isin(train).map({True: "train", False: "test"})
