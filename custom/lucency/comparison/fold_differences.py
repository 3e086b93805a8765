"""Paired differences over folds, with intervals that know that folds share their training images."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .corrected_interval import corrected_interval
from .cross_validation import MICRO, FoldResult
from .measures import MACRO

MEASURES = {
    "macro AUROC": ("auroc", MACRO),
    "macro F1 at 0.5": ("f1", MACRO),
    "micro F1 at 0.5": ("f1", MICRO),
    "macro F1, chosen thresholds": ("f1_tuned", MACRO),
    "micro F1, chosen thresholds": ("f1_tuned", MICRO),
}
"""Column and row of `fold_table` by what people call them."""


def by_fold(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """One of `MEASURES`: a row a repeat and fold, a column a rung, in the ladder's order."""
    column, finding = MEASURES[measure]
    rows = table[table.finding == finding].pivot(index=["repeat", "fold"], columns="rung", values=column)
    return rows[list(dict.fromkeys(table["rung"]))]


def fold_differences(
    table: pd.DataFrame, results: Sequence[FoldResult], pairs: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """Differences of rungs on identical folds, with `corrected_interval` at 95 %.

    Args:
        table: `fold_table` of the results.
        results: finished folds, from which the images that train and test are counted.
        pairs: names of a rung and of the one it is compared with.

    Returns:
        `rung, against, measure, folds, difference, sd, low, high, higher` (folds with a difference above 0). A fold on
        which one of the two broke off, or the measure is not defined, is left out.

    Raises:
        ConfigError: fewer than two folds are left for a pair.
    """
    ratio = share_of_test(results)
    rows = []
    for measure in MEASURES:
        values = by_fold(table, measure)
        for rung, against in pairs:
            differences = (values[rung] - values[against]).dropna().to_numpy()
            interval = corrected_interval(differences.tolist(), ratio)
            rows.append(
                {
                    "rung": rung,
                    "against": against,
                    "measure": measure,
                    "folds": len(differences),
                    "difference": interval.mean,
                    "sd": float(differences.std(ddof=1)),
                    "low": interval.low,
                    "high": interval.high,
                    "higher": int((differences > 0).sum()),
                }
            )
    return pd.DataFrame(rows)


def share_of_test(results: Sequence[FoldResult]) -> float:
    """Images of the test part by those that train, mean over folds."""
    studies = [result.comparison.study for result in results]
    return float(np.mean([len(study.rows("test")) / len(study.rows("train")) for study in studies]))
