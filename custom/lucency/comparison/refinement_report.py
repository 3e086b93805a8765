"""Everything that an experiment on wrong labels leaves in its folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..files import write_atomically
from .markdown import listing, markdown_table, number_text, versions_text
from .measures import MACRO
from .refinement import DETECTORS, NO_CLEANING, SELECTIONS, STRATA, SeedResult
from .refinement_figures import kept_figure, rounds_figure
from .refinement_plan import RANDOM, RefinementPlan
from .refinement_tables import WRONG, detection_table, kept_table, noise_table, outcome_table, rounds_table


def write_refinement(results: Sequence[SeedResult], plan: RefinementPlan, folder: str | Path, *, command: str) -> Path:
    """Write `noise.csv`, `detection.csv`, `kept.csv`, `rounds.csv`, `outcomes.csv`, two pictures and `summary.md`.

    Args:
        results: of `refine`, one a seed.
        plan: the plan that it ran.
        folder: where to.
        command: what was typed; stands in the summary.

    Returns:
        Path of the summary.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "noise": noise_table(results),
        "detection": detection_table(results),
        "kept": kept_table(results, plan),
        "rounds": rounds_table(results, plan),
        "outcomes": outcome_table(results, plan),
    }
    for name, table in tables.items():
        write_atomically(folder / f"{name}.csv", table.to_csv(index=False, float_format="%.6f"))
    write_atomically(folder / "rounds.png", rounds_figure(tables["rounds"]))
    write_atomically(folder / "kept.png", kept_figure(tables["kept"]))
    parts = [
        _facts(results, plan, command),
        "## Noise\n\nMeans over seeds.\n\n" + _noise(tables["noise"]),
        '## Which labels are wrong\n\nAUROC and average precision of each score for "this label is wrong", mean of '
        "findings, with 95 % intervals.\n\n" + _detection(tables["detection"]),
        "## What co-teaching keeps\n\nShare of labels kept, mean of findings, in percent, with 95 % intervals.\n\n"
        + _kept(tables["kept"]),
        "## Rounds of reading\n\nMean of seeds, least and greatest in brackets. Wrong labels: share of all training "
        "labels before the first and after every round on average, and after the last.\n\n" + _rounds(tables["rounds"]),
        "## Differences after the last round\n\nIn points, with 95 % intervals.\n\n" + _outcomes(tables["outcomes"]),
        "## By finding\n\nAUROC of the out-of-sample cross entropy for wrong labels, and share of right positives kept "
        "by small losses alone, when a fifth is forgotten.\n\n" + _by_finding(tables),
    ]
    return write_atomically(folder / "summary.md", "\n\n".join(parts) + "\n")


def _facts(results: Sequence[SeedResult], plan: RefinementPlan, command: str) -> str:
    study = results[0].study
    patients = len(set(study.patients.tolist()))
    return (
        f"# Label refinement: {study.name}\n\n"
        f"- {len(study.truth)} training images of {patients} patients, {len(study.test_inputs)} test images of "
        f"{len(set(study.test_patients.tolist()))}; {len(study.findings)} findings; {study.inputs.shape[1]} features\n"
        f"- {plan.rounds} rounds of {plan.budget:.0%} of the training images; seeds {listing(plan.seeds)}; prior rates "
        f"{plan.positive:g} and {plan.negative:g}, capped; m = {plan.mix:g}; {plan.replicates} resamples\n"
        f"- {plan.head}\n"
        f"- {versions_text()}\n\n```bash\n{command}\n```"
    )


def _interval(value: float, low: float, high: float, form: str, scale: float = 1.0) -> str:
    return f"{scale * value:{form}} ({scale * low:{form}} – {scale * high:{form}})"


def _percent(row: Any) -> str:
    return _interval(row.value, row.low, row.high, ".1f", 100)


def _noise(noise: pd.DataFrame) -> str:
    rows = [
        [str(finding), *(f"{100 * value:.1f}" for value in values)]
        for finding, *values in noise.itertuples(index=False, name=None)
    ]
    heads = ["finding", "present, %", "observed positive, %", "wrong positives, %", "wrong negatives, %"]
    return markdown_table(heads, rows)


def _detection(detection: pd.DataFrame) -> str:
    macro: dict[Any, Any] = {
        (row.stratum, row.method, row.metric): row for row in detection[detection.finding == MACRO].itertuples()
    }
    rows = []
    for name in STRATA:
        for method in DETECTORS:
            area, precision = (macro[name, method, metric] for metric in ("auroc", "ap"))
            rows.append(
                [
                    name,
                    method,
                    _interval(area.value, area.low, area.high, ".3f"),
                    _interval(area.difference, area.difference_low, area.difference_high, "+.3f"),
                    _interval(precision.value, precision.low, precision.high, ".3f"),
                ]
            )
    return markdown_table(["observed label", "score", "AUROC", "to cross_entropy", "AP"], rows)


def _kept(kept: pd.DataFrame) -> str:
    macro: dict[Any, Any] = {
        (row.rates, row.selection, row.observed, row.truth): row for row in kept[kept.finding == MACRO].itertuples()
    }
    rows = [
        [
            str(rates),
            name,
            *(
                _percent(macro[rates, name, observed, truth])
                for observed in ("positive", "negative")
                for truth in ("right", "wrong")
            ),
        ]
        for rates in dict.fromkeys(kept["rates"])
        for name in SELECTIONS
    ]
    heads = ["forgotten", "selection", "right positives", "wrong positives", "right negatives", "wrong negatives"]
    return markdown_table(heads, rows)


def _rounds(rounds: pd.DataFrame) -> str:
    rows = []
    for arm in dict.fromkeys(rounds["arm"]):
        own = rounds[rounds.arm == arm]
        first, last = own[own["round"] == 0], own[own["round"] == own["round"].max()]
        gained = (last["changed"] / last["images"]).mean() if last["images"].all() else float("nan")
        rows.append(
            [
                str(arm),
                f"{last['images'].mean():.0f}",
                f"{last['calls'].mean():.0f}",
                number_text(gained, ".2f"),
                f"{100 * own.groupby('seed')['wrong'].mean().mean():.2f}",
                _range(100 * last["wrong"], ".2f"),
                f"{first['auroc'].mean():.3f}",
                _range(last["auroc"], ".3f"),
                _range(last["ap"], ".3f"),
            ]
        )
    heads = ["arm", "images", "verdicts", "changed an image", "wrong, mean of rounds, %", "wrong at the end, %"]
    return markdown_table([*heads, "AUROC before", "AUROC", "mAP"], rows)


def _range(values: "pd.Series[float]", form: str) -> str:
    return f"{values.mean():{form}} ({values.min():{form}} – {values.max():{form}})"


def _outcomes(outcomes: pd.DataFrame) -> str:
    rows = []
    for arm in dict.fromkeys(outcomes["arm"]):
        cells = [str(arm)]
        for reference in (RANDOM, NO_CLEANING):
            for measure in (WRONG, "auroc", "ap"):
                here = (outcomes.arm == arm) & (outcomes.against == reference) & (outcomes.measure == measure)
                found = outcomes[here].itertuples()
                texts = [_interval(row.difference, row.low, row.high, "+.1f", 100) for row in found]
                cells.append(texts[0] if texts else "–")
        rows.append(cells)
    measures = ("wrong labels", "AUROC", "mAP")
    heads = [f"{measure}, to {reference}" for reference in (RANDOM, NO_CLEANING) for measure in measures]
    return markdown_table(["arm", *heads], rows)


def _by_finding(tables: dict[str, pd.DataFrame]) -> str:
    detection = tables["detection"].query("method == 'cross_entropy' and metric == 'auroc'")
    area = detection.pivot(index="finding", columns="stratum", values="value")
    right = tables["kept"].query("rates == 'a fifth' and observed == 'positive' and truth == 'right'")
    share = right.pivot(index="finding", columns="selection", values="value")
    rows = [
        [
            str(finding),
            *(number_text(float(area.loc[finding, name]), ".3f") for name in STRATA),
            *(number_text(100 * float(share.loc[finding, name]), ".0f") for name in SELECTIONS),
        ]
        for finding in tables["noise"]["finding"]
    ]
    heads = ["finding", *(f"AUROC, {name}" for name in STRATA), *(f"kept, %: {name}" for name in SELECTIONS)]
    return markdown_table(heads, rows)
