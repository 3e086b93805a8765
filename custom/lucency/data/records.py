"""From a study table to the data list that MONAI data sets take."""

import difflib
import inspect
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError, TableError
from ..files import first_few
from ..labels import TargetPolicy
from .split_record import check_split_record
from .study_table import read_study_table
from .validation import SPLITS, finding_columns


def load_records(
    table: str | Path,
    findings: Sequence[str],
    split: str | None = None,
    *,
    image_root: str | Path | None = None,
    check_files: bool = True,
    allow_unlabelled: bool = False,
    **policy: Any,
) -> list[dict[str, Any]]:
    r"""Data list of one split: image path and target vector of every row.

    Args:
        table: path of a study table.
        findings: ids in the order of the network's outputs.
        split: train, val or test; None takes every row.
        image_root: folder that relative image paths start from; the table's own folder if not given.
        check_files: whether every image file must exist.
        allow_unlabelled: accept a training split in which a finding has no known label at all.
        policy: arguments of `TargetPolicy`, for example `uncertain="ones", unmentioned="negative"`; left out, uncertain
            labels are ignored and unmentioned ones unknown.

    Returns:
        One dict a row: `index` int, its place among these images in alphabetical order, by which a loss that learns
            about single images knows it, also if the table is sorted anew
            again; `image` and `file` str, the same path twice, since loading replaces the first; `label` float32 (L,)
            in [0, 1] or NaN where nothing is known; `patient`, `study`, `source`, `view`, `sex` str, "" for unknown;
            `age` float years, NaN for unknown.

    Raises:
        TableError: the table breaks a rule, lacks a finding, has no row in the split, its patients moved since the
            split was recorded, or a finding to train on has no known label.
        ConfigError: an unknown argument or split, or `findings` is no list of different ids.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "table.csv"
        >>> _ = path.write_text(
        ...     "image,patient,study,view,age,sex,source,edema,effusion\n"
        ...     "a.png,00012,1,PA,61,F,nih,positive,unmentioned\n"
        ... )
        >>> record = load_records(path, ["edema", "effusion"], check_files=False)[0]
        >>> record["label"].tolist(), record["age"]
        ([1.0, nan], 61.0)
    """
    frame = read_study_table(path := Path(table), image_root, check_files)
    _check_findings(frame, findings, str(path))
    check_split_record(frame, path)
    frame = _rows_of(frame, split, str(path))
    targets = _policy(policy).targets(frame, list(findings))
    if split == "train" and not allow_unlabelled:
        _check_labelled(targets, findings, str(path))
    root = os.path.abspath(path.parent if image_root is None else image_root)
    files = [os.path.join(root, image) for image in frame["image"]]
    columns = {"index": frame["image"].argsort().argsort().tolist(), "image": files, "file": files} | {
        name: frame[name].tolist() for name in ("patient", "study", "source", "view", "age", "sex")
    }
    rows = zip(*columns.values(), strict=True)
    return [
        {**dict(zip(columns, row, strict=True)), "label": target} for row, target in zip(rows, targets, strict=True)
    ]


def _check_findings(frame: pd.DataFrame, findings: Sequence[str], name: str) -> None:
    if isinstance(findings, str) or not findings or len(set(findings)) < len(findings):
        raise ConfigError(f"findings must be a list of different finding ids, not {findings!r}")
    known = finding_columns(frame)
    for finding in findings:
        if finding not in known:
            close = difflib.get_close_matches(finding, known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"it has {', '.join(known)}"
            raise TableError(f"{name}: has no finding '{finding}'; {hint}")


def _rows_of(frame: pd.DataFrame, split: str | None, name: str) -> pd.DataFrame:
    if split is None:
        return frame
    if split not in SPLITS:
        raise ConfigError(f"unknown split '{split}'; use {', '.join(SPLITS)}, or none for every row")
    if "split" not in frame:
        raise TableError(f"{name}: has no column split; divide the patients with split_patients")
    rows = frame[frame["split"].eq(split)].reset_index(drop=True)
    if rows.empty:
        raise TableError(f"{name}: no row is in split '{split}'; it has {', '.join(sorted(frame['split'].unique()))}")
    return rows


def _policy(arguments: Mapping[str, Any]) -> TargetPolicy:
    known = [*inspect.signature(TargetPolicy).parameters]
    for argument in arguments:
        if argument not in known:
            choices = [*known, "split", "image_root", "check_files", "allow_unlabelled"]
            close = difflib.get_close_matches(argument, choices, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"the label policy takes {', '.join(known)}"
            raise ConfigError(f"load_records has no argument '{argument}'; {hint}")
    return TargetPolicy(**arguments)


def _check_labelled(targets: np.ndarray, findings: Sequence[str], name: str) -> None:
    unlabelled = [finding for finding, column in zip(findings, targets.T, strict=True) if np.isnan(column).all()]
    if unlabelled:
        raise TableError(
            f"{name}: {first_few(unlabelled)} has no known label in split 'train' under this policy; "
            "take it out of findings, choose another policy, or set allow_unlabelled"
        )
