"""Tidy tables of an experiment on wrong labels, with intervals over patients and seeds."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..metrics import BootstrapInterval, paired_bootstrap, ranking_metrics
from ..metrics.inputs import number_patients
from ..metrics.resampling import patient_weights
from .differences import METRICS, over_seeds
from .measures import MACRO
from .refinement import LOSS, NO_CLEANING, SeedResult, stratum
from .refinement_plan import RANDOM, RefinementPlan

ATTRIBUTES = dict(zip(METRICS, ("auroc", "average_precision"), strict=True))
WRONG = "wrong labels"


def shares(
    parts: NDArray[Any], wholes: NDArray[Any], patients: NDArray[Any], *, replicates: int = 1000, seed: int = 0
) -> BootstrapInterval:
    """Intervals of sums of parts over sums of wholes, column by column, from resampling patients with replacement.

    Args:
        parts: (N, L).
        wholes: (N, L), 0 or more.
        patients: (N,).
        replicates: resamples.
        seed: of the resamples, which are those of `bootstrap_intervals`.

    Example:
        >>> found = shares(np.array([[1], [1], [0]]), np.ones((3, 1)), np.array(["a", "a", "b"]), replicates=100)
        >>> round(found.macro, 3), found.macro_interval
        (0.667, (0.0, 1.0))
    """
    of_image, people = number_patients(patients, len(parts))
    weights = np.stack([patient_weights(people, seed=seed, replicate=number) for number in range(replicates)])
    sums = [np.zeros((people, parts.shape[1])) for _ in range(2)]
    for total, values in zip(sums, (parts, wholes), strict=True):
        np.add.at(total, of_image, values)
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = sums[0].sum(axis=0) / sums[1].sum(axis=0)
        samples = (weights @ sums[0]) / (weights @ sums[1])
    return BootstrapInterval(estimate, float(np.nanmean(estimate)), samples, 0.95)


def detection_table(results: Sequence[SeedResult]) -> pd.DataFrame:
    """How well a score tells wrong labels from right ones: finding by finding, and their mean.

    Returns:
        `stratum, method, metric, finding, value, low, high, difference, difference_low, difference_high`; differences
        are to the out-of-sample cross entropy, for the mean alone.
    """
    rows = []
    for name, method in results[0].detection:
        for metric, attribute in ATTRIBUTES.items():
            own = over_seeds([getattr(one.detection[name, method], attribute) for one in results], 0)
            against = over_seeds([getattr(one.detection[name, LOSS], attribute) for one in results], 0)
            gap = BootstrapInterval(
                own.estimate - against.estimate, own.macro - against.macro, own.samples - against.samples, own.level
            )
            rows.append((name, method, metric, MACRO, own.macro, *own.macro_interval, gap.macro, *gap.macro_interval))
            figures = zip(results[0].study.findings, own.estimate, own.low, own.high, strict=True)
            rows += [(name, method, metric, *figure, np.nan, np.nan, np.nan) for figure in figures]
    columns = ["stratum", "method", "metric", "finding", "value", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "difference", "difference_low", "difference_high"])


def kept_table(results: Sequence[SeedResult], plan: RefinementPlan) -> pd.DataFrame:
    """Which share of right and of wrong labels co-teaching keeps; the mean of both heads.

    Returns:
        `rates, selection, observed, truth, finding, value, low, high` with truth `right` or `wrong`; finding `macro` is
        the mean of findings.
    """
    rows: list[tuple[object, ...]] = []
    for rates, selection in results[0].kept:
        for name in ("positive", "negative"):
            for kind, value in (("right", 0), ("wrong", 1)):
                intervals = []
                for one in results:
                    inside = stratum(one.study, name) & (one.study.wrong == value)
                    kept = one.kept[rates, selection].mean(axis=0) * inside
                    intervals.append(shares(kept, inside, one.study.patients, replicates=plan.replicates))
                whole = over_seeds(intervals, 0)
                about = (rates, selection, name, kind)
                rows.append((*about, MACRO, whole.macro, *whole.macro_interval))
                figures = zip(results[0].study.findings, whole.estimate, whole.low, whole.high, strict=True)
                rows += [(*about, *figure) for figure in figures]
    columns = ["rates", "selection", "observed", "truth", "finding", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def rounds_table(results: Sequence[SeedResult], plan: RefinementPlan) -> pd.DataFrame:
    """Labels and classifier after every round.

    Returns:
        `seed, arm, round, images` read, `calls`, `changed` labels, `wrong` ones among all, `auroc, ap` of the clean
        test images, means of findings. Arms `no_cleaning` and `all_clean` have round 0 alone.
    """
    rows: list[tuple[object, ...]] = []
    for seed, one in zip(plan.seeds, results, strict=True):
        study = one.study
        for arm, rounds in one.rounds.items():
            for number, (labels, logits) in enumerate(zip(rounds.labels, rounds.logits, strict=True)):
                changed = int((labels != study.observed_targets).sum())
                read = int(rounds.asked[number].any(axis=1).sum())
                about = (seed, arm, number, read, rounds.calls[number], changed, float(_wrong(one, labels).mean()))
                rows.append((*about, *_ranking(one, logits)))
        for name, logits in one.bounds.items():
            wrong = float(np.nanmean(study.wrong)) if name == NO_CLEANING else 0.0
            rows.append((seed, name, 0, 0, 0, 0, wrong, *_ranking(one, logits)))
    return pd.DataFrame(rows, columns=["seed", "arm", "round", "images", "calls", "changed", "wrong", *METRICS])


def outcome_table(results: Sequence[SeedResult], plan: RefinementPlan) -> pd.DataFrame:
    """Differences after the last round to reading images at random, and to no cleaning.

    Returns:
        `arm, against, measure, difference, low, high`; measures are AUROC and AP of the clean test images, means of
        findings, and the share of labels that are wrong.
    """
    rows: list[tuple[object, ...]] = []
    for arm in [*results[0].rounds, *results[0].bounds]:
        for reference in (RANDOM, NO_CLEANING):
            if arm == reference:
                continue
            pairs = [
                paired_bootstrap(
                    _last_logits(one, arm),
                    _last_logits(one, reference),
                    one.study.test_truth,
                    one.study.test_patients,
                    replicates=plan.replicates,
                    findings=one.study.findings,
                )
                for one in results
            ]
            for metric, attribute in ATTRIBUTES.items():
                gap = over_seeds([getattr(pair, attribute) for pair in pairs], 0)
                rows.append((arm, reference, metric, gap.macro, *gap.macro_interval))
            if arm in results[0].rounds:
                gap = over_seeds([_fewer_wrong(one, arm, reference, plan) for one in results], 0)
                rows.append((arm, reference, WRONG, gap.macro, *gap.macro_interval))
    return pd.DataFrame(rows, columns=["arm", "against", "measure", "difference", "low", "high"])


def noise_table(results: Sequence[SeedResult]) -> pd.DataFrame:
    """Share of positives by the truth and as observed, and of wrong labels in both strata; means over seeds."""
    findings = results[0].study.findings
    mean: Callable[[list[NDArray[Any]]], NDArray[Any]] = lambda values: np.mean(values, axis=0)  # noqa: E731
    inside = {name: [stratum(one.study, name) for one in results] for name in ("positive", "negative")}
    wrong = {
        name: mean(
            [
                (own & (one.study.wrong == 1)).sum(axis=0) / own.sum(axis=0)
                for own, one in zip(parts, results, strict=True)
            ]
        )
        for name, parts in inside.items()
    }
    return pd.DataFrame(
        {
            "finding": findings,
            "present": np.nanmean(results[0].study.true_targets, axis=0),
            "observed": mean([own.mean(axis=0) for own in inside["positive"]]),
            "wrong_positives": wrong["positive"],
            "wrong_negatives": wrong["negative"],
        }
    )


def _wrong(result: SeedResult, labels: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(labels != result.study.true_targets)


def _ranking(result: SeedResult, logits: NDArray[Any]) -> list[float]:
    return [found.macro for found in ranking_metrics(logits, result.study.test_truth, result.study.findings)]


def _last_logits(result: SeedResult, arm: str) -> NDArray[Any]:
    return result.bounds[arm] if arm in result.bounds else result.rounds[arm].logits[-1]


def _fewer_wrong(result: SeedResult, arm: str, reference: str, plan: RefinementPlan) -> BootstrapInterval:
    study = result.study
    before = study.observed_targets if reference == NO_CLEANING else result.rounds[reference].labels[-1]
    gap = _wrong(result, result.rounds[arm].labels[-1]).astype(int) - _wrong(result, before)
    wholes = np.full((len(gap), 1), gap.shape[1])
    return shares(gap.sum(axis=1, keepdims=True), wholes, study.patients, replicates=plan.replicates)
