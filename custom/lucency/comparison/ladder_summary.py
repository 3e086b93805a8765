"""The summary of a ladder in Markdown, ready to be published as it is."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .assembled_study import AssembledStudy
from .compare import Chosen, Comparison
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
from .rung import FULL_LABELS, LABEL_ASSEMBLE, NAIVE_UNION, SINGLE_SOURCE

MEANING = {
    "clean": "Epoch and learning rate chosen on complete validation labels, which nobody with several sources has.",
    "observed": "Epoch and learning rate chosen on what the sources say of the validation images.",
}
STEPS = ((NAIVE_UNION, SINGLE_SOURCE), (LABEL_ASSEMBLE, NAIVE_UNION), (LABEL_ASSEMBLE, FULL_LABELS))


def ladder_summary(
    comparison: Comparison,
    measures: pd.DataFrame,
    differences: Mapping[str, pd.DataFrame],
    groups: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]],
    command: str,
) -> str:
    """Facts, a table a selection, findings, groups of test images, and what went wrong.

    Args:
        comparison: of an `AssembledStudy`, finished.
        measures: `measure_table` of it.
        differences: `difference_table` of it for each reference.
        groups: `measure_table` and `difference_table` against `naive_union` for parts of the test images; may be empty.
        command: what was typed.
    """
    parts = [_facts(comparison, command)]
    for selection, meaning in MEANING.items():
        parts.append(
            f"**Selection: {selection}.** {meaning}\n\n{_ladder(comparison, measures, differences, selection)}"
        )
    parts.append(
        "**AUROC by finding** (clean selection; mean over seeds, and two differences with 95 % intervals).\n\n"
        + _by_finding(comparison, measures, differences)
    )
    if groups:
        parts.append(
            "**Mean AUROC by group of test images** (clean selection; findings without both classes left out).\n\n"
            + _by_group(groups)
        )
    parts += ["\n".join(f"- Broke off: {line}" for line in comparison.broken)] if comparison.broken else []
    return "\n\n".join(parts) + "\n"


def sources_text(study: AssembledStudy) -> str:
    """Each source with its training images and findings."""
    train = study.sources[study.rows("train")]
    return "; ".join(
        f"`{source}` labels {', '.join(study.findings_of(source))} on {(train == source).sum()} training images"
        for source in study.source_names
    )


def _facts(comparison: Comparison, command: str) -> str:
    study = comparison.study
    assert isinstance(study, AssembledStudy)  # noqa: S101
    what = f"images of {study.inputs.shape[1]} pixels" if study.inputs.ndim == 3 else "feature vectors"
    cells = [(~np.isnan(study.targets(kind))).sum() for kind in ("observed", "truth")]
    return (
        f"```bash\n{command}\n```\n\n"
        f"- **Data**: {study.name}, {what}: {splits_text(study)}. SHA-256 "
        f"`{study.fingerprint[:16]}…`.\n"
        f"- **Sources**: {sources_text(study)}. Training sees {cells[0]:,} of {cells[1]:,} known labels.\n"
        f"- **Undefined** (no positive or no negative test image, in no mean): "
        f"{', '.join(undefined_findings(comparison)) or 'none'}.\n"
        f"- **Same for all**: {recipe_text(comparison.recipe)}.\n"
        f"- **Versions**: {versions_text()}."
    )


def _ladder(
    comparison: Comparison, measures: pd.DataFrame, differences: Mapping[str, pd.DataFrame], selection: str
) -> str:
    macro = measures[(measures.finding == MACRO) & (measures.selection == selection)]
    references = [name for name in (NAIVE_UNION, FULL_LABELS) if name in differences]
    rows = []
    for chosen in comparison.of(selection):
        rung = chosen.option.name
        runs = macro[macro.loss == rung]
        row = [f"**{rung}**" if rung == comparison.reference else rung, mean_and_range(runs["auroc"])]
        row += [_macro(differences[name], rung, selection, "auroc") for name in references]
        row += [mean_and_range(runs["ap"]), _macro(differences[comparison.reference], rung, selection, "ap")]
        row += [f"{100 * _believed(comparison, chosen):.1f} %"]
        row += [f"{runs['learning_rate'].iloc[0]:g}", listing(runs["epoch"]), f"{runs['step_ms'].mean():.0f}"]
        rows.append(row)
    against = [f"against {name} (95 %)" for name in references]
    heads = ["rung", "AUROC (range)", *against, "mAP (range)", f"against {comparison.reference} (95 %)"]
    return markdown_table([*heads, "present above 0.5", "rate", "best epochs", "ms a step"], rows)


def _believed(comparison: Comparison, chosen: Chosen) -> float:
    """Share of the present findings of test images with a probability above 0.5, where pseudo labels point upwards."""
    present = comparison.study.truth[comparison.study.rows("test")] == 1
    return float(np.mean([(run.logits[chosen.selection][present] > 0).mean() for run in chosen.runs.values()]))


def _macro(table: pd.DataFrame, rung: str, selection: str, metric: str) -> str:
    rows = table[(table.loss == rung) & (table.selection == selection) & (table.metric == metric)]
    return difference_text(rows[rows.finding == MACRO])


def _by_finding(comparison: Comparison, measures: pd.DataFrame, differences: Mapping[str, pd.DataFrame]) -> str:
    study = comparison.study
    assert isinstance(study, AssembledStudy)  # noqa: S101
    rows = measures[measures.selection == "clean"]
    mean = rows.pivot_table(index="finding", columns="loss", values="auroc", aggfunc="mean")
    positives = rows.groupby("finding")["positives"].first()
    names = [name for name in dict.fromkeys(chosen.option.name for chosen in comparison.chosen) if name in mean]
    steps = [(name, to) for name, to in STEPS[:2] if to in differences and name in names]
    lines = []
    for finding in [finding for finding in study.findings if finding in mean.index]:
        owners = [source for source in study.source_names if finding in study.findings_of(source)]
        line = [finding, ", ".join(owners), f"{positives[finding]}"]
        line += [number_text(float(mean[name][finding]), ".3f") for name in names]
        for name, to in steps:
            table = differences[to]
            chosen = (table.loss == name) & (table.selection == "clean") & (table.metric == "auroc")
            line.append(difference_text(table[chosen & (table.finding == finding)]))
        lines.append(line)
    heads = ["finding", "source", "present", *names, *(f"{name} - {to}" for name, to in steps)]
    return markdown_table(heads, lines)


def _by_group(groups: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]]) -> str:
    lines, heads = [], ["rung", *groups]
    for rung in dict.fromkeys(name for measures, _ in groups.values() for name in measures["loss"]):
        line = [str(rung)]
        for measures, differences in groups.values():
            rows = measures[(measures.loss == rung) & (measures.finding == MACRO) & (measures.selection == "clean")]
            line.append(f"{rows['auroc'].mean():.3f}, {_macro(differences, str(rung), 'clean', 'auroc')}")
        lines.append(line)
    return markdown_table(heads, lines)
