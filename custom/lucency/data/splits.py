"""Patient-wise stratified splits: no patient in two of them, every finding in each."""

import hashlib
import json
import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import TableError
from ..files import first_few
from ..labels import LabelState
from .validation import SPLITS, finding_columns


def split_patients(
    frame: pd.DataFrame, fractions: Mapping[str, float], seed: int = 0, within: str | None = None
) -> pd.DataFrame:
    """Give every patient to one split, keeping the share of every finding the same in each.

    Iterative stratification: patients of the rarest label are dealt first, each to the split that still wants most
    of it. A patient carries one label for each finding that is positive, and one for each that is negative, on any
    of its images, and one for each source. The result depends on the patients and the seed, not on the row order.

    Args:
        frame: study table.
        fractions: share of the patients for each of train, val and test, for example
            `{"train": 0.7, "val": 0.1, "test": 0.2}`; the shares add up to 1.
        seed: order in which patients are dealt, and ties.
        within: divide only this split, for example to take val from an official train list; other rows stay.

    Returns:
        Copy of `frame` with column `split`.

    Raises:
        TableError: unknown split, shares that do not add up to 1, or fewer patients than splits.

    Example:
        >>> frame = pd.DataFrame({"patient": list("aabbccdd"), "effusion": ["positive"] * 4 + ["negative"] * 4})
        >>> split = split_patients(frame, {"train": 0.5, "test": 0.5}, seed=1)
        >>> split[split.effusion == "positive"].groupby("split").patient.nunique().to_dict()
        {'test': 1, 'train': 1}

    References:
        K. Sechidis, G. Tsoumakas, I. Vlahavas. On the stratification of multi-label data. ECML PKDD 2011.
    """
    names = _check_fractions(fractions)
    chosen = _rows_within(frame, within)
    part = _stratify(frame if chosen.all() else frame[chosen], [fractions[name] for name in names], seed)
    counts = np.bincount(part.to_numpy(), minlength=len(names))
    if (counts == 0).any():
        empty = [name for name, count in zip(names, counts, strict=True) if count == 0]
        raise TableError(
            f"split {first_few(empty)} gets none of {len(part)} patients; "
            "give larger shares, more patients or another seed"
        )
    result = frame.copy()
    result["split"] = frame["split"].to_numpy(copy=True) if within else ""
    result.loc[chosen, "split"] = np.array(names)[part.loc[frame.loc[chosen, "patient"]].to_numpy()]
    return result


def patient_folds(frame: pd.DataFrame, folds: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Number of the cross-validation fold of each row: (N,) int64 in [0, folds), patient-wise and stratified.

    Raises:
        TableError: fewer than two folds, or fewer patients than folds.

    Example:
        >>> frame = pd.DataFrame({"patient": list("aabbcc"), "effusion": ["positive"] * 6})
        >>> sorted(np.bincount(patient_folds(frame, folds=3)).tolist())
        [2, 2, 2]
    """
    patients = frame["patient"].nunique()
    if not 2 <= folds <= patients:
        raise TableError(f"{folds} folds of {patients} patients are not possible; choose 2 to {patients}")
    part = _stratify(frame, [1 / folds] * folds, seed)
    return part.loc[frame["patient"]].to_numpy(dtype=np.int64)


def split_hash(frame: pd.DataFrame) -> str:
    """SHA-256 (hex) of who is in which split: the set of (patient, split) pairs, whatever the order of rows.

    Raises:
        TableError: no column split.

    Example:
        >>> frame = pd.DataFrame({"patient": ["a", "b"], "split": ["train", "val"]})
        >>> split_hash(frame) == split_hash(frame.iloc[::-1])
        True
    """
    if "split" not in frame:
        raise TableError("the table has no column split; divide the patients with split_patients")
    pairs = frame[["patient", "split"]].drop_duplicates().sort_values(["patient", "split"])
    return hashlib.sha256(json.dumps(pairs.to_numpy().tolist()).encode()).hexdigest()


def _check_fractions(fractions: Mapping[str, float]) -> list[str]:
    unknown = [name for name in fractions if name not in SPLITS]
    if unknown:
        raise TableError(f"unknown split {first_few(unknown)}; use {', '.join(SPLITS)}")
    if any(not share > 0 for share in fractions.values()) or not math.isclose(sum(fractions.values()), 1, abs_tol=1e-6):
        raise TableError(f"shares {dict(fractions)} must be positive and add up to 1")
    return [name for name in SPLITS if name in fractions]  # the result must not depend on the order of a mapping


def _rows_within(frame: pd.DataFrame, within: str | None) -> npt.NDArray[np.bool_]:
    if within is None:
        return np.ones(len(frame), dtype=bool)
    if "split" not in frame or not frame["split"].eq(within).any():
        raise TableError(f"no row is in split '{within}', so it cannot be divided")
    return frame["split"].eq(within).to_numpy()


def _stratify(frame: pd.DataFrame, shares: list[float], seed: int) -> pd.Series:
    """Number of the part of each patient: a Series indexed by patient."""
    from iterstrat.ml_stratifiers import IterativeStratification  # brings scikit-learn, which loading a table can spare

    labels = _patient_labels(frame)
    if len(labels) < len(shares):
        raise TableError(f"{len(labels)} patients cannot fill {len(shares)} splits; bring more patients")
    random = np.random.RandomState(seed)  # its stream is frozen for good; that of Generator may change with NumPy
    # a label of fewer patients than splits cannot reach each of them, but would draw its patients to the largest
    steering = labels.loc[:, labels.sum() >= len(shares)]
    # without the shuffle early patient ids, often the long-known patients with many images, go to the largest
    steering = steering.iloc[random.permutation(len(steering))]
    part = IterativeStratification(steering.to_numpy(dtype=bool), np.array(shares), random)
    return pd.Series(part, index=steering.index)


def _patient_labels(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a patient, sorted by id; one boolean column each for what any of its images shows."""
    numbers, patients = pd.factorize(frame["patient"].to_numpy(), sort=True)
    columns = {"listed": np.ones(len(patients), dtype=bool)}

    def note(name: str, images: pd.Series) -> None:
        columns[name] = np.zeros(len(patients), dtype=bool)  # a groupby would hold a word for every image and column
        columns[name][numbers[images.to_numpy()]] = True

    for finding in sorted(finding_columns(frame)):
        for state in (LabelState.POSITIVE, LabelState.NEGATIVE):
            note(f"{finding} {state}", frame[finding].eq(state.value))
    if "source" in frame:
        for source in sorted(frame["source"].unique()):
            note(f"source {source}", frame["source"].eq(source))
    return pd.DataFrame(columns, index=patients)
