"""VinDr-CXR: `image_labels_train.csv` and `image_labels_test.csv` of PhysioNet, `train.csv` of Kaggle."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import TableError
from ...files import first_few
from ...labels import SHARE, LabelState, vocabulary
from ..validation import check_study_table
from .declaration import Declaration
from .image_files import Missing, locate_images
from .raw_values import declared, refuse_unknown_words, require_columns
from .readers import Readers, agreed_states, positive_shares
from .zipped import read_label_file

_BOXED = (  # the classes of Kaggle, which has no more
    "Aortic enlargement", "Atelectasis", "Calcification", "Cardiomegaly", "Consolidation", "ILD", "Infiltration",
    "Lung Opacity", "Nodule/Mass", "Other lesion", "Pleural effusion", "Pleural thickening", "Pneumothorax",
    "Pulmonary fibrosis", "No finding",
)  # fmt: skip
_FURTHER = (
    "Clavicle fracture", "Edema", "Emphysema", "Enlarged PA", "Lung cavity", "Lung cyst", "Mediastinal shift",
    "Rib fracture", "COPD", "Lung tumor", "Pneumonia", "Tuberculosis",
)  # fmt: skip
_OTHER = ("Other diseases", "Other disease")  # the train file spells it so, the test file otherwise
_KAGGLE = ("image_id", "class_name", "class_id", "rad_id", "x_min", "y_min", "x_max", "y_max")
_log = logging.getLogger(__name__)

DECLARATION = Declaration(
    source="vindr",
    title="VinDr-CXR, image_labels_train.csv, image_labels_test.csv (PhysioNet) and train.csv (Kaggle)",
    words={word: vocabulary().find("vindr", word).id for word in (*_BOXED, *_FURTHER, *_OTHER)},
    values={
        **dict.fromkeys(("1", "1.0"), LabelState.POSITIVE.value),
        **dict.fromkeys(("0", "0.0"), LabelState.NEGATIVE.value),
    },
    silence=LabelState.NEGATIVE.value,
    reason="each reader was asked for the whole list; but beside one of its kinds a broader finding is unmentioned",
    reference="Nguyen et al., VinDr-CXR, Scientific Data 9, 429, 2022",
)


def import_vindr(
    *labels: str | Path,
    images: str | Path | None = None,
    missing_images: Missing = "error",
    readers: Readers = "majority",
) -> pd.DataFrame:
    r"""Study table of VinDr-CXR; three readers an image become one state, $p$ of $n$ of them saying yes.

    | readers | positive | negative | uncertain |
    | --- | --- | --- | --- |
    | majority | $2p > n$ | $2p < n$ | $2p = n$ |
    | any | $p > 0$ | $p = 0$ | |
    | all | $p = n$ | $p < n$ | |
    | soft | $p = n$ | $p = 0$ | $0 < p < n$ |

    What no reader names is negative, but for a broader finding beside one of its kinds: a reader who writes Pulmonary
    fibrosis seldom writes Lung Opacity too. Where a kind is positive or uncertain, a broader finding that would be
    negative is unmentioned.

    With "soft" a column `share_<finding>` holds $p/n$, which `TargetPolicy(uncertain="share")` takes as target. With
    "any", no_finding needs every reader, for it would stand beside a finding otherwise.

    Args:
        labels: image_labels_train.csv, image_labels_test.csv or both; or train.csv of Kaggle. Also .csv.gz and .zip.
            The test file holds the consensus of five readers and counts as one; its shares are blank.
        images: folder of the images, in any sub-folders; image paths become relative to it. Without it they are ids.
        missing_images: with `images`, whether a row without a file is an error or dropped.
        readers: how readers who differ become one state; the paper leaves it open.

    Returns:
        Study table with the 28 findings of PhysioNet and its split; or with the 15 of Kaggle, which has no other, and
        no split. Source "vindr", view "PA". VinDr tells no patient: each image is its own, so if a patient has several
        images, they may come into different splits.

    Raises:
        TableError: wrong file, files of different kinds, a reading given twice, absent images.
        LabelError: a value or a class without declared meaning.
        ConfigError: unknown `readers`.

    References:
        H. Q. Nguyen et al. VinDr-CXR: an open dataset of chest X-rays with radiologist's annotations. Scientific Data
        9, 429, 2022.
    """
    if not labels:
        raise TableError("VinDr-CXR: no label file given; name image_labels_train.csv or train.csv")
    name = ", ".join(map(str, labels))
    tables = [_readings(path) for path in labels]
    if len({tuple(table.columns) for table in tables}) > 1:
        raise TableError(f"{name}: are files of PhysioNet and of Kaggle, which show the same images; give one kind")
    readings = pd.concat(tables, ignore_index=True)
    twice = readings.loc[readings.duplicated(["image", "reader"]), "image"].tolist()
    if twice:
        raise TableError(f"{name}: the same reader reads {first_few(twice)} twice; keep one row")
    frame = _one_row_an_image(readings, readers)
    frame = locate_images(frame, images, name, missing_images)
    check_study_table(frame, name)
    return frame


def _readings(path: str | Path) -> pd.DataFrame:
    """One row a reading: image, reader ("" for the consensus), split ("" for Kaggle), and a truth value a finding."""
    name = str(path)
    raw = read_label_file(path)
    if "class_id" in raw:  # the boxes of PhysioNet, which are not all labels, have none
        require_columns(raw, _KAGGLE, name, "VinDr-CXR label file of Kaggle")
        return _kaggle(raw, name)
    other = [word for word in _OTHER if word in raw]
    columns = (*_BOXED, *_FURTHER, *(other[:1] or _OTHER[:1]))
    require_columns(raw, ("image_id", *columns), name, "VinDr-CXR label file of PhysioNet")
    head = raw.columns.intersection(["image_id", "rad_id"])
    refuse_unknown_words(raw.columns.difference(head).to_series(), columns, f"{name}: columns")
    said = {
        DECLARATION.words[word]: declared(raw[word], DECLARATION.values, f"{name}: {word}").eq("positive").to_numpy()
        for word in columns
    }
    consensus = "rad_id" not in raw
    return pd.DataFrame(
        {
            "image": raw["image_id"],
            "reader": "" if consensus else raw["rad_id"],
            "split": "test" if consensus else "train",
            **said,
        }
    )


def _kaggle(raw: pd.DataFrame, name: str) -> pd.DataFrame:
    refuse_unknown_words(raw["class_name"], _BOXED, f"{name}: class_name")
    reading = raw.groupby(["image_id", "rad_id"], sort=False).ngroup().to_numpy()
    said = np.zeros((reading.max() + 1, len(_BOXED)), dtype=bool)
    said[reading, pd.Index(_BOXED).get_indexer(pd.Index(raw["class_name"]))] = True
    readings = raw.drop_duplicates(["image_id", "rad_id"])
    findings = [DECLARATION.words[word] for word in _BOXED]
    frame = pd.DataFrame(
        {"image": readings["image_id"].to_numpy(), "reader": readings["rad_id"].to_numpy(), "split": ""}
    )
    return frame.join(pd.DataFrame(said, columns=findings))


def _one_row_an_image(readings: pd.DataFrame, rule: Readers) -> pd.DataFrame:
    findings = [str(column) for column in readings.columns[3:]]
    said = readings[findings].to_numpy(dtype=bool)
    _warn_of_contradictions(said, findings)
    codes, images = pd.factorize(readings["image"])
    count = np.bincount(codes)
    positive = np.stack([np.bincount(codes, weights=column).astype(np.int64) for column in said.T], axis=1)
    states = agreed_states(positive, count, rule)
    if rule == "any":
        normal = findings.index("no_finding")
        states[:, normal] = agreed_states(positive, count, "all")[:, normal]
    _undo_denials(states, findings)
    frame = pd.DataFrame({"image": images, "patient": images, "study": images})
    frame = frame.assign(view="PA", age=np.nan, sex="", source=DECLARATION.source)
    first = readings.drop_duplicates("image")
    if first["split"].ne("").all():
        frame["split"] = first["split"].to_numpy()
    frame = frame.join(pd.DataFrame(states, columns=findings))
    if rule == "soft":
        told = np.where(first["reader"].eq(""), 0, count)  # a consensus of five is no share
        shares = positive_shares(positive, told)
        frame = frame.join(pd.DataFrame(shares, columns=[SHARE + finding for finding in findings]))
    return frame


def _undo_denials(states: NDArray[np.object_], findings: list[str]) -> None:
    """Make a negative broader finding unmentioned where one of its kinds is not negative."""
    for kind, finding in enumerate(findings):
        for broader in set(vocabulary().ancestors(finding)) & set(findings):
            at = findings.index(broader)
            denied = (states[:, kind] != LabelState.NEGATIVE.value) & (states[:, at] == LabelState.NEGATIVE.value)
            states[denied, at] = LabelState.UNMENTIONED.value


def _warn_of_contradictions(said: NDArray[np.bool_], findings: list[str]) -> None:
    normal = said[:, findings.index("no_finding")]
    both = int((normal & (said.sum(axis=1) > 1)).sum())
    if both:
        _log.warning("VinDr-CXR: %d of %d readings name No finding beside a finding; both count", both, len(said))
