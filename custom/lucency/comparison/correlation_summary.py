"""The summary of a ladder over folds in Markdown, ready to be published as it is."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .corrected_interval import corrected_interval
from .correlation_learnt import Learnt
from .correlation_rung import BCE
from .cross_validation import FoldResult, undefined_cells
from .fold_differences import MEASURES, by_fold, share_of_test
from .markdown import listing, markdown_table, number_text, recipe_text, versions_text
from .measures import MACRO


def correlation_summary(
    results: Sequence[FoldResult],
    table: pd.DataFrame,
    differences: pd.DataFrame,
    ceiling: pd.DataFrame,
    learnt: Sequence[Learnt],
    command: str,
) -> str:
    """Facts, measures, differences, what there was to win, what was learnt, AUROC by finding, and what went wrong.

    Args:
        results: finished folds.
        table: `fold_table` of them.
        differences: `fold_differences` of them.
        ceiling: `ceiling_table` of them; may be empty.
        learnt: `what_was_learnt` of them.
        command: what was typed.
    """
    parts = [
        _facts(results, command),
        "## Measures\n\nMean ± standard deviation over folds.\n\n" + _measures(table),
        f"## Paired differences\n\nOn identical folds, with {_correction(results)}\n\n" + _differences(differences),
    ]
    if len(ceiling):
        parts.append(
            "## What there is to win\n\nIf the truth of all other findings of an image were told: macro AUROC of a "
            "logistic regression on it alone, and of its log odds, times a weight chosen on the validation part, added "
            "to the logit of the rung.\n\n" + _ceiling(results, table, ceiling)
        )
    if learnt:
        parts.append(
            "## What was learnt of correlations\n\nMeans over folds. `V(L)`: variance of an entry of $L$ across the "
            "validation images, 0 where all images are given the same. Way of $G$: from uniform (0) to the "
            "co-occurrence of the training images (1), by KL divergence. Rank correlation: of both, off the "
            "diagonal.\n\n" + _learnt(learnt)
        )
    by_finding = _by_finding(table, ceiling)
    parts.append(f"## AUROC by finding\n\nMean over the folds in which it is defined.\n\n{by_finding}")
    broken = [f"- Broke off: {_fold(result)}, {line}" for result in results for line in result.comparison.broken]
    return "\n\n".join([*parts, *(["\n".join(broken)] if broken else [])]) + "\n"


def _fold(result: FoldResult) -> str:
    return f"repeat {result.repeat}, fold {result.number}"


def _facts(results: Sequence[FoldResult], command: str) -> str:
    study, recipe = results[0].comparison.study, results[0].comparison.recipe
    shape = study.inputs.shape
    what = {2: "feature vectors", 3: f"images of {shape[1]} pixels"}.get(
        study.inputs.ndim, f"feature maps of {' x '.join(map(str, shape[1:]))}"
    )
    sizes = {
        split: [len(result.comparison.study.rows(split)) for result in results] for split in ("train", "val", "test")
    }
    images = ", ".join(f"{min(counts)} to {max(counts)} {split}" for split, counts in sizes.items())
    undefined = ", ".join(f"{finding} in {count}" for finding, count in undefined_cells(results).items())
    seeds = [seed for result in results for seed in result.comparison.recipe.seeds]
    same = recipe_text(recipe).replace(
        f"seeds {listing(recipe.seeds)}", f"seeds {min(seeds)} to {max(seeds)}, one a fold"
    )
    return (
        f"```bash\n{command}\n```\n\n"
        f"- **Data**: {study.name}, {what}: {len(study.inputs)} images of {len(np.unique(study.patients))} patients, "
        f"{len(study.findings)} findings, {np.nansum(study.truth, axis=1).mean():.2f} positives an image.\n"
        f"- **Folds**: {max(result.number for result in results)}, by patient, {results[-1].repeat} times: {images} "
        "images in each.\n"
        f"- **Undefined** (no positive or no negative image in the test fold, in no mean there): "
        f"{undefined + ' folds' if undefined else 'none'}.\n"
        f"- **Same for all**: {same}; rate chosen on each fold.\n"
        f"- **Versions**: {versions_text()}."
    )


def _measures(table: pd.DataFrame) -> str:
    runs = table[table.finding == MACRO]
    values = {measure: by_fold(table, measure) for measure in MEASURES}
    rows = []
    for name in dict.fromkeys(table["rung"]):
        of_rung = runs[runs.rung == name]
        row = [str(name), *(f"{values[m][name].mean():.3f} ± {values[m][name].std():.3f}" for m in MEASURES)]
        rates = of_rung["learning_rate"].value_counts().sort_index()
        row += [", ".join(f"{rate:g} ({count})" for rate, count in rates.items())]
        row += [f"{of_rung['epoch'].median():g}", f"{of_rung['step_ms'].median():.1f}"]
        rows.append(row)
    return markdown_table(["rung", *MEASURES, "rates (folds)", "median epoch", "ms a step"], rows)


def _correction(results: Sequence[FoldResult]) -> str:
    return (
        "95 % intervals of the corrected resampled t test (Nadeau and Bengio 2003; test to training images "
        f"{share_of_test(results):.3f}); in brackets behind, the folds with a positive difference. In bold where the "
        "interval excludes zero; intervals are not corrected for how many there are."
    )


def _differences(differences: pd.DataFrame) -> str:
    rows = []
    for (rung, against), of_pair in differences.groupby(["rung", "against"], sort=False):
        row = [f"{rung} - {against}"]
        figures = of_pair[["difference", "low", "high"]].to_numpy(dtype=float).tolist()
        for (mean, low, high), higher, folds in zip(figures, of_pair["higher"], of_pair["folds"], strict=True):
            text = f"{mean:+.3f} ({low:+.3f} – {high:+.3f})"
            row.append(f"{f'**{text}**' if low > 0 or high < 0 else text} [{higher}/{folds}]")
        rows.append(row)
    return markdown_table(["difference", *MEASURES], rows)


def _learnt(learnt: Sequence[Learnt]) -> str:
    heads = ["rung", "V(L)", "least to greatest", "way of G", "rank correlation"]
    rows = [
        [
            one.rung,
            f"{np.mean(one.local_variances):.2g}",
            f"{min(one.local_variances):.2g} to {max(one.local_variances):.2g}",
            f"{one.way:.3f}",
            number_text(one.rank_correlation, ".2f"),
        ]
        for one in learnt
    ]
    return markdown_table(heads, rows)


def _ceiling(results: Sequence[FoldResult], table: pd.DataFrame, ceiling: pd.DataFrame) -> str:
    reference = by_fold(table, next(iter(MEASURES)))[BCE]
    rows = [[BCE, f"{reference.mean():.3f} ± {reference.std():.3f}", "–"]]
    for name, told in ceiling[ceiling.finding == MACRO].groupby("rung", sort=False):
        values = told.set_index(["repeat", "fold"])["auroc"]
        interval = corrected_interval((values - reference).tolist(), share_of_test(results))
        text = f"{interval.mean:+.3f} ({interval.low:+.3f} – {interval.high:+.3f})"
        rows.append([str(name), f"{values.mean():.3f} ± {values.std():.3f}", text])
    return markdown_table(["from", "macro AUROC", f"against {BCE}"], rows)


def _by_finding(table: pd.DataFrame, ceiling: pd.DataFrame) -> str:
    of_findings = pd.concat([table[table["threshold"].notna()], ceiling])
    rungs = list(dict.fromkeys(of_findings["rung"]))
    mean = of_findings.pivot_table(index="finding", columns="rung", values="auroc", aggfunc="mean")
    positives = table[table.rung == rungs[0]].groupby(["finding", "repeat"])["positives"].sum()
    rows = [
        [
            str(finding),
            f"{positives[finding].iloc[0]}",
            *(number_text(float(mean.loc[finding, rung]), ".3f") for rung in rungs),
        ]
        for finding in dict.fromkeys(table[table["threshold"].notna()]["finding"])
        if finding in mean.index
    ]
    return markdown_table(["finding", "present", *map(str, rungs)], rows)
