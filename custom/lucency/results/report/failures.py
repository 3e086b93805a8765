"""The images on which a model is most clearly at odds with the labels."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from .report import Failure
from .scored_images import ScoredImages


def find_failures(images: ScoredImages, *, each: int, thresholds: Mapping[str, float]) -> tuple[Failure, ...]:
    """Choose for every finding the most probable images labelled absent and the least probable labelled present.

    A patient stands once in each list. Ties go to the earlier row.

    Args:
        images: the scored images.
        each: how many of either kind.
        thresholds: from which calibrated probability a finding is called present.

    Returns:
        Finding by finding, false positives first, the worst first.

    Example:
        >>> import pandas as pd
        >>> table = {"patient": [*"abc"], "target_mass": [0, 0, 1], "probability_mass": [0.9, 0.2, 0.4]}
        >>> failures = find_failures(ScoredImages.of(pd.DataFrame(table)), each=1, thresholds={"mass": 0.5})
        >>> [(failure.kind, failure.row, failure.crossed) for failure in failures]
        [('false_positive', 1, True), ('false_negative', 3, True)]
    """
    return tuple(
        _failure(images, column, kind, row, thresholds.get(finding))
        for column, finding in enumerate(images.findings)
        for kind in ("false_positive", "false_negative")
        for row in _worst(images, column, kind, each)
    )


Kind = Literal["false_positive", "false_negative"]


def _worst(images: ScoredImages, column: int, kind: Kind, each: int) -> list[int]:
    wanted, sign = (0, -1) if kind == "false_positive" else (1, 1)
    rows = np.flatnonzero(images.targets[:, column] == wanted)
    worst_first = rows[np.argsort(sign * images.probabilities[rows, column], kind="stable")]
    _, first = np.unique(images.patients[worst_first], return_index=True)
    return [int(row) for row in worst_first[np.sort(first)[:each]]]


def _failure(images: ScoredImages, column: int, kind: Kind, row: int, threshold: float | None) -> Failure:
    probability = float(images.probabilities[row, column])
    present = [finding for finding, target in zip(images.findings, images.targets[row], strict=True) if target == 1]
    called = None if threshold is None else probability >= threshold
    return Failure(
        finding=images.findings[column],
        kind=kind,
        row=row + 1,
        file=str(images.table["file"].iloc[row]) if "file" in images.table else "",
        probability=probability,
        raw_probability=float(images.raw[row, column]),
        crossed=None if called is None else called == (kind == "false_positive"),
        present=tuple(present),
    )
