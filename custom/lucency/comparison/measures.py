"""The tidy table: one row a loss, selection, seed and finding."""

import numpy as np
import pandas as pd

from ..metrics import brier_score, expected_calibration_error, ranking_metrics
from .compare import Chosen, Comparison

MACRO = "macro"


def measure_table(comparison: Comparison) -> pd.DataFrame:
    """Measure every chosen run on the test images, against the truth.

    Probabilities are the sigmoid of the logits as the loss left them, not calibrated.

    Returns:
        One row a loss, selection, seed and finding, and one `macro` with the means of defined findings: `study, loss,
        selection, learning_rate, seed, epoch` (the chosen one), `epochs` (run), `step_ms, finding, positives,
        negatives, prevalence, auroc, ap, brier, ece, ece_width`. AUROC and AP are NaN where a finding lacks a class;
        `ece` has 15 bins of equal mass, `ece_width` of equal width.
    """
    parts = [
        _measure(comparison, chosen, seed)
        for chosen in comparison.chosen
        for seed in comparison.recipe.seeds
        if seed in chosen.runs
    ]
    return pd.concat(parts, ignore_index=True)


def undefined_findings(comparison: Comparison) -> list[str]:
    """Findings without both classes among the test images: left out of every mean."""
    truth = comparison.study.truth[comparison.study.rows("test")]
    both = (truth == 1).any(axis=0) & (truth == 0).any(axis=0)
    return [finding for finding, defined in zip(comparison.study.findings, both, strict=True) if not defined]


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Sigmoid in float64."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits.astype(np.float64))))


def _measure(comparison: Comparison, chosen: Chosen, seed: int) -> pd.DataFrame:
    study, run = comparison.study, chosen.runs[seed]
    truth, logits = study.truth[study.rows("test")], run.logits[chosen.selection]
    best = run.best(chosen.selection)
    assert best is not None  # noqa: S101 -- a run without an epoch has no logits
    area, precision = ranking_metrics(logits, truth, study.findings)
    p = probabilities(logits)
    calibration = {
        "brier": brier_score(p, truth),
        "ece": expected_calibration_error(p, truth),
        "ece_width": expected_calibration_error(p, truth, binning="equal_width"),
    }
    positives, negatives = (truth == 1).sum(axis=0), (truth == 0).sum(axis=0)
    with np.errstate(invalid="ignore"):
        prevalence = positives / (positives + negatives)
    return pd.DataFrame(
        {
            "study": study.name,
            "loss": chosen.option.name,
            "selection": chosen.selection,
            "learning_rate": chosen.rate,
            "seed": seed,
            "epoch": int(best["epoch"]),
            "epochs": len(run.history),
            "step_ms": 1000 * run.step_seconds,
            "finding": [*study.findings, MACRO],
            "positives": [*positives, positives.sum()],
            "negatives": [*negatives, negatives.sum()],
            "prevalence": [*prevalence, np.nanmean(prevalence)],
            "auroc": [*area.values, area.macro],
            "ap": [*precision.values, precision.macro],
            **{name: [*result.values, result.macro] for name, result in calibration.items()},
        }
    )
