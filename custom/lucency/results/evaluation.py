"""From a table of scores to metrics with intervals: over all images and by source."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import TableError
from ..files import first_few
from ..metrics import auroc, average_precision, bootstrap_intervals

MACRO = "macro"
EVERYTHING = "all"
TARGET = "target_"
PROBABILITY = "probability_"


def scored_findings(scores: pd.DataFrame) -> list[str]:
    """List the findings that a score table holds, in its order.

    Raises:
        TableError: a target column without its probability column, or none at all.

    Example:
        >>> scored_findings(pd.DataFrame({"target_mass": [1.0], "probability_mass": [0.7]}))
        ['mass']
    """
    findings = [name.removeprefix(TARGET) for name in scores.columns if name.startswith(TARGET)]
    needed = ["patient", *(PROBABILITY + finding for finding in findings)]
    if missing := [name for name in needed if name not in scores.columns]:
        raise TableError(
            f"score table: column {first_few(missing)} is missing; make the table with the evaluate workflow"
        )
    if not findings:
        raise TableError("score table: no target_<finding> column; make the table with the evaluate workflow")
    return findings


def evaluate_scores(
    scores: pd.DataFrame, *, replicates: int = 1000, seed: int = 0, by: Sequence[str] = ("source",)
) -> pd.DataFrame:
    """Measure AUROC and average precision per finding and on average, with 95 % patient-bootstrap intervals.

    Args:
        scores: one row an image: ``patient``, the columns of `by` that exist, ``target_<finding>`` (1, 0 or NaN for
            unknown) and ``probability_<finding>``.
        replicates: resamples of patients.
        seed: seed of the resamples.
        by: columns whose values get figures of their own.

    Returns:
        One row a group and finding, and one called ``macro`` a group: ``group, finding, images, patients, positive,
        negative, auroc, auroc_low, auroc_high, ap, ap_low, ap_high``. A finding without a positive or without a
        negative has counts and no figures, and takes no part in the macro average.
    """
    groups = {EVERYTHING: scores}
    for column in by:
        if column in scores.columns and scores[column].nunique() > 1:
            groups |= {f"{column}={value}": part for value, part in scores.groupby(column)}
    return pd.concat([_measure(name, part, replicates, seed) for name, part in groups.items()], ignore_index=True)


def _measure(group: str, scores: pd.DataFrame, replicates: int, seed: int) -> pd.DataFrame:
    findings = scored_findings(scores)
    probabilities = scores[[PROBABILITY + f for f in findings]].to_numpy(float)
    targets = scores[[TARGET + f for f in findings]].to_numpy(float)
    patients = scores["patient"].astype(str).to_numpy()
    points = {"auroc": auroc(probabilities, targets), "ap": average_precision(probabilities, targets)}
    counts = points["auroc"]
    defined = bool(counts.defined.any())
    table = pd.DataFrame(
        {
            "group": group,
            "finding": [*findings, MACRO],
            "images": len(scores),
            "patients": len(np.unique(patients)),
            "positive": [*counts.n_positive, int(counts.n_positive.sum())],
            "negative": [*counts.n_negative, int(counts.n_negative.sum())],
        }
    )
    intervals = (
        bootstrap_intervals(probabilities, targets, patients, replicates=replicates, seed=seed) if defined else None
    )
    for name, point in points.items():
        interval = getattr(intervals, "auroc" if name == "auroc" else "average_precision", None)
        table[name] = [*point.values, point.macro if defined else np.nan]
        table[f"{name}_low"] = [*interval.low, interval.macro_low] if interval else np.nan
        table[f"{name}_high"] = [*interval.high, interval.macro_high] if interval else np.nan
    return table
