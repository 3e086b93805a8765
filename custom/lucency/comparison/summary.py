"""The summary of a comparison in Markdown, ready to be published as it is."""

import itertools

import numpy as np
import pandas as pd

from .compare import Comparison
from .differences import METRICS
from .loss_option import REFERENCE, UPPER_BOUND
from .markdown import (
    difference_text,
    listing,
    markdown_table,
    mean_and_range,
    number_text,
    recipe_text,
    splits_text,
    versions_text,
)
from .measures import MACRO, undefined_findings

MEANING = {
    "clean": "Epoch and learning rate chosen on complete validation labels, which nobody with incomplete labels has.",
    "observed": "Epoch and learning rate chosen on single-positive validation labels, unknown taken as negative.",
}


def summary(comparison: Comparison, measures: pd.DataFrame, differences: pd.DataFrame, command: str) -> str:
    """Facts, a table a selection, average precision by finding, and what went wrong.

    Args:
        comparison: finished.
        measures: `measure_table` of it.
        differences: `difference_table` of it.
        command: what was typed.
    """
    parts = [_facts(comparison, command)]
    for selection, meaning in MEANING.items():
        parts.append(f"**Selection: {selection}.** {meaning}\n\n{_table(measures, differences, selection)}")
    parts.append(_reading(comparison, differences))
    parts.append(
        "**Average precision by finding** (clean selection, mean over seeds; first row: prevalence).\n\n"
        + _by_finding(comparison, measures)
    )
    return "\n\n".join(parts) + "\n"


def _facts(comparison: Comparison, command: str) -> str:
    study, recipe = comparison.study, comparison.recipe
    kept = np.nansum(study.targets("observed") == 1) / max(1, np.nansum(study.targets("truth") == 1))
    what = f"images of {study.inputs.shape[1]} pixels" if study.inputs.ndim == 3 else "feature vectors"
    return (
        f"```bash\n{command}\n```\n\n"
        f"- **Data**: {study.name}, {what}: {splits_text(study)}; {len(study.findings)} findings, "
        f"{study.positives_per_image:.2f} positives a training image, {100 * kept:.0f} % of them observed. SHA-256 "
        f"`{study.fingerprint[:16]}…`.\n"
        f"- **Undefined** (no positive or no negative test image, in no mean): "
        f"{', '.join(undefined_findings(comparison)) or 'none'}.\n"
        f"- **Same for all**: {recipe_text(recipe)}.\n"
        f"- **Versions**: {versions_text()}."
    )


def _table(measures: pd.DataFrame, differences: pd.DataFrame, selection: str) -> str:
    macro = measures[(measures.finding == MACRO) & (measures.selection == selection)]
    deltas = differences[(differences.finding == MACRO) & (differences.selection == selection)]
    rows = []
    for loss in macro.groupby("loss")["ap"].mean().sort_values(ascending=False).index.astype(str):
        runs = macro[macro.loss == loss]
        row = [f"**{loss}**" if loss in (REFERENCE, UPPER_BOUND) else loss]
        for metric in ("ap", "auroc"):
            row.append(mean_and_range(runs[metric]))
            row.append(difference_text(deltas[(deltas.loss == loss) & (deltas.metric == metric)]))
        row += [f"{runs[name].mean():.3f}" for name in ("brier", "ece")]
        row += [f"{runs['learning_rate'].iloc[0]:g}", listing(runs["epoch"]), f"{runs['step_ms'].mean():.1f}"]
        rows.append(row)
    against = f"against {REFERENCE} (95 %)"
    return markdown_table(
        ["loss", "mAP (range)", against, "AUROC (range)", against, "Brier", "ECE", "rate", "best epochs", "ms a step"],
        rows,
    )


def _reading(comparison: Comparison, differences: pd.DataFrame) -> str:
    macro = differences[(differences.finding == MACRO) & (differences.loss != UPPER_BOUND)]
    lines = []
    for selection, metric in itertools.product(MEANING, METRICS):
        rows = macro[(macro.selection == selection) & (macro.metric == metric)]
        better, worse = (rows["low"] > 0).sum(), (rows["high"] < 0).sum()
        lines.append(
            f"- {selection}, {metric.upper()}: of {len(rows)} losses {better} lie above {REFERENCE} with their whole "
            f"interval and {worse} below; 5 % of the intervals, about {0.05 * len(rows):.0f}, would by chance."
        )
    lines += [f"- Broke off: {line}" for line in comparison.broken]
    return "\n".join(lines)


def _by_finding(comparison: Comparison, measures: pd.DataFrame) -> str:
    rows = measures[measures.selection == "clean"]
    mean = rows.pivot_table(index="loss", columns="finding", values="ap", aggfunc="mean")
    prevalence = rows.groupby("finding")["prevalence"].first()
    names = [finding for finding in comparison.study.findings if finding in mean.columns]
    order = mean[MACRO].sort_values(ascending=False).index
    lines = [["prevalence", *(f"{prevalence[name]:.3f}" for name in names)]]
    lines += [[str(loss), *(number_text(mean.loc[loss, name], ".3f") for name in names)] for loss in order]
    return markdown_table(["loss", *names], lines)
