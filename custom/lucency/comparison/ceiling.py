"""What the other findings of an image could tell of one, if their truth were known: what there is to win."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..metrics import auroc
from .cross_validation import FoldResult
from .measures import MACRO

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
OTHERS, BOTH = "truth of the others", "and truth of the others"


def ceiling_table(results: Sequence[FoldResult], rung: str) -> pd.DataFrame:
    """AUROC of a finding from the truth of all others, alone and beside a rung's logit; no network can be told that.

    A logistic regression of each finding on the true labels of all others is fitted to the training images of the fold.
    Beside the rung, its log odds times one weight for all findings are added to the logit; of five weights from 0 to 1
    the one with the best mean AUROC on the validation part. The test fold is looked at once.

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
    of_val, alone = (_log_odds(train, asked) for asked in (val, test))

    def on_validation(weight: float) -> float:
        return auroc(run.validation["clean"] + weight * of_val, val, study.findings).macro

    both = run.logits["clean"] + max(WEIGHTS, key=on_validation) * alone
    tables = []
    for name, scores in ((OTHERS, alone), (f"{rung} {BOTH}", both)):
        area = auroc(scores, test, study.findings)
        of_fold = {"repeat": result.repeat, "fold": result.number, "rung": name}
        tables.append(
            pd.DataFrame({**of_fold, "finding": [*study.findings, MACRO], "auroc": [*area.values, area.macro]})
        )
    return tables


def _log_odds(train: NDArray[np.float32], asked: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, L) log odds of each finding of `asked` from its other labels; 0 if training has one class of it."""
    from sklearn.linear_model import LogisticRegression  # takes a second to import

    odds = np.zeros(asked.shape)
    for column in range(train.shape[1]):
        if len(np.unique(train[:, column])) > 1:
            model = LogisticRegression(max_iter=1000).fit(np.delete(train, column, axis=1), train[:, column])
            odds[:, column] = model.decision_function(np.delete(asked, column, axis=1))
    return odds
