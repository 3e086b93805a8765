"""From a table of scores to metrics with intervals: over all images and by source."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import TableError
from ..files import first_few
from ..metrics import bootstrap_intervals, ranking_metrics

MACRO = "macro"
EVERYTHING = "all"
TARGET = "target_"
PROBABILITY = "probability_"
FIGURES = ("auroc", "auroc_low", "auroc_high", "ap", "ap_low", "ap_high")


def scored_findings(scores: pd.DataFrame) -> list[str]:
    """List the findings that a score table holds, in its order.

    Raises:
        TableError: a target column without its probability column, or none at all.

    Example:
        >>> scored_findings(pd.DataFrame({"patient": ["p1"], "target_mass": [1.0], "probability_mass": [0.7]}))
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
    probabilities = scores[[PROBABILITY + finding for finding in findings]].to_numpy(float)
    targets = scores[[TARGET + finding for finding in findings]].to_numpy(float)
    patients = scores["patient"].astype(str).to_numpy()
    area, precision = ranking_metrics(probabilities, targets, findings)
    table = pd.DataFrame(
        {
            "group": group,
            "finding": [*findings, MACRO],
            "images": len(scores),
            "patients": len(np.unique(patients)),
            "positive": [*area.n_positive, area.n_positive.sum()],
            "negative": [*area.n_negative, area.n_negative.sum()],
        }
    )
    if not area.defined.any():
        return table.assign(**dict.fromkeys(FIGURES, np.nan))
    intervals = bootstrap_intervals(
        probabilities, targets, patients, replicates=replicates, seed=seed, findings=findings
    )
    for name, point, interval in (
        ("auroc", area, intervals.auroc),
        ("ap", precision, intervals.average_precision),
    ):
        low, high = interval.macro_interval
        table[name] = [*point.values, point.macro]
        table[f"{name}_low"] = [*interval.low, low]
        table[f"{name}_high"] = [*interval.high, high]
    return table
