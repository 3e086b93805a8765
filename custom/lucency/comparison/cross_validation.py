"""A comparison on every fold, and what it measures there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from ..metrics import auroc
from .compare import Chosen, Comparison, compare
from .f1 import best_f1_thresholds, f1_scores
from .folds import Fold
from .loss_option import LossOption
from .measures import MACRO, probabilities
from .recipe import Recipe
from .study import SELECTIONS, Study

MICRO = "micro"


@dataclass(frozen=True, eq=False)
class FoldResult:
    """The comparison on one fold; its repeat and number are those of the `Fold`."""

    repeat: int
    number: int
    comparison: Comparison

    @property
    def chosen(self) -> list[Chosen]:
        """The run of each option, by the validation part."""
        return self.comparison.of(SELECTIONS[0])


def cross_validate(
    folds: Iterable[Fold],
    options: Sequence[LossOption],
    recipe: Recipe,
    folder: str | Path,
    *,
    reference: str,
    total: int | None = None,
    progress: bool = False,
) -> list[FoldResult]:
    """Compare on every fold; see `compare`, whose grid of learning rates is run on each.

    The first fold has the recipe's first seed, further ones count on from it: initialisation and order change from fold
    to fold, and are the same for all options within one.

    Args:
        folds: as of `fold_studies`.
        options: what is compared.
        recipe: what is the same for all.
        folder: where runs are kept; those that are there are not run again.
        reference: name of the option that must train.
        total: number of folds, for the line.
        progress: whether to show a line.

    Raises:
        ConfigError, LucencyError: see `compare`.
    """
    results = []
    for place, (repeat, number, study) in enumerate(tqdm(folds, total=total, unit="fold", disable=not progress)):
        of_fold = replace(recipe, seeds=[recipe.seeds[0] + place])
        results.append(FoldResult(repeat, number, compare(study, options, of_fold, folder, reference=reference)))
    return results


def undefined_cells(results: Sequence[FoldResult]) -> dict[str, int]:
    """Findings without both classes in a test fold, with the number of such folds; they are in no mean of these."""
    counts: dict[str, int] = {}
    for result in results:
        study = result.comparison.study
        truth = study.truth[study.rows("test")]
        both = (truth == 1).any(axis=0) & (truth == 0).any(axis=0)
        for finding in np.array(study.findings)[~both].tolist():
            counts[finding] = counts.get(finding, 0) + 1
    return counts


def fold_table(results: Sequence[FoldResult]) -> pd.DataFrame:
    """The tidy table: one row a fold, rung and finding.

    Returns:
        `repeat, fold, rung, learning_rate, epoch, step_ms, finding, positives, auroc, f1` (at 0.5), `threshold` (the
        best on the validation part), `f1_tuned` (at it). Findings `macro` (means of those that are defined) and
        `micro` (all cells together; no AUROC) come last. A finding without both classes in the test fold has no AUROC,
        one without a positive no F1.
    """
    return pd.concat([_measure(result, chosen) for result in results for chosen in result.chosen], ignore_index=True)


def _measure(result: FoldResult, chosen: Chosen) -> pd.DataFrame:
    study: Study = result.comparison.study
    (run,) = chosen.runs.values()
    truth = study.truth[study.rows("test")]
    logits, validation = run.logits[chosen.selection], run.validation[chosen.selection]
    p = probabilities(logits)
    thresholds = best_f1_thresholds(probabilities(validation), study.truth[study.rows("val")])
    area, plain, tuned = auroc(logits, truth, study.findings), f1_scores(p, truth, 0.5), f1_scores(p, truth, thresholds)
    best, positives = run.best(chosen.selection), (truth == 1).sum(axis=0)
    assert best is not None  # noqa: S101 -- a run without an epoch has no logits
    return pd.DataFrame(
        {
            "repeat": result.repeat,
            "fold": result.number,
            "rung": chosen.option.name,
            "learning_rate": chosen.rate,
            "epoch": int(best["epoch"]),
            "step_ms": 1000 * run.step_seconds,
            "finding": [*study.findings, MACRO, MICRO],
            "positives": [*positives, *2 * [positives.sum()]],
            "auroc": [*area.values, area.macro, np.nan],
            "f1": [*plain.values, plain.macro, plain.micro],
            "threshold": [*thresholds, np.nan, np.nan],
            "f1_tuned": [*tuned.values, tuned.macro, tuned.micro],
        }
    )
