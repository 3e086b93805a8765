"""What the other findings of an image could tell of one, if their truth were known: what there is to win."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..metrics import auroc
from .cross_validation import FoldResult
from .measures import MACRO

OTHERS, BOTH = "truth of the others", "and truth of the others"


def ceiling_table(results: Sequence[FoldResult], rung: str) -> pd.DataFrame:
    """AUROC of a finding from the truth of all others, alone and beside a rung's logit; no network can be told that.

    A logistic regression of each finding on the true labels of all others is fitted to the training images of the fold,
    a second one, of the finding on the logit of the rung and that of the first, to the validation part. The test fold
    is looked at once.

    Args:
        results: finished folds with complete labels.
        rung: name of an option, such as `bce`.

    Returns:
        Rows as in `fold_table` with `repeat, fold, rung, finding, auroc`; `rung` is `truth of the others`, or the rung
        with `and truth of the others` behind it. No rows if a label is unknown.
    """
    parts = [
        part
        for result in results
        for chosen in result.chosen
        if chosen.option.name == rung and not np.isnan(result.comparison.study.truth).any()
        for part in _of_fold(result, rung)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _of_fold(result: FoldResult, rung: str) -> list[pd.DataFrame]:
    study = result.comparison.study
    (run,) = next(chosen.runs.values() for chosen in result.chosen if chosen.option.name == rung)
    train, val, test = (study.truth[study.rows(split)] for split in ("train", "val", "test"))
    logits, validation = run.logits["clean"], run.validation["clean"]
    alone, both = np.zeros(test.shape), np.zeros(test.shape)
    for column in range(test.shape[1]):
        others = [np.delete(labels, column, axis=1) for labels in (train, val, test)]
        of_val, alone[:, column] = _log_odds(others[0], train[:, column], others[1:])
        pairs = [np.stack(pair, 1) for pair in ((validation[:, column], of_val), (logits[:, column], alone[:, column]))]
        (both[:, column],) = _log_odds(pairs[0], val[:, column], pairs[1:])
    tables = []
    for name, scores in ((OTHERS, alone), (f"{rung} {BOTH}", both)):
        area = auroc(scores, test, study.findings)
        of_fold = {"repeat": result.repeat, "fold": result.number, "rung": name}
        tables.append(
            pd.DataFrame({**of_fold, "finding": [*study.findings, MACRO], "auroc": [*area.values, area.macro]})
        )
    return tables


def _log_odds(
    known: NDArray[Any], labels: NDArray[np.float32], asked: Sequence[NDArray[Any]]
) -> list[NDArray[np.float64]]:
    """Log odds of `asked` by a logistic regression on what is known; the sum of its columns if that has one class."""
    from sklearn.linear_model import LogisticRegression  # takes a second to import

    if len(np.unique(labels)) < 2:
        return [np.asarray(one.sum(axis=1)) for one in asked]
    model = LogisticRegression(max_iter=1000).fit(known, labels)
    return [model.decision_function(one) for one in asked]
