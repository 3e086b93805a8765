"""Finding and mending wrong labels whose truth is known: detection, what co-teaching keeps, rounds of reading."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..metrics import BootstrapResult, bootstrap_intervals
from ..refine import entry_scores, noise_rates
from ..refine.oracle import SimulatedOracle
from .refinement_evidence import BoolArray, co_teaching, gather_evidence
from .refinement_heads import FloatArray
from .refinement_plan import RefinementPlan
from .refinement_rounds import Rounds, run_rounds
from .refinement_study import RefinementStudy

LOSS, IN_SAMPLE = "cross_entropy", "cross_entropy, in sample"
DETECTORS = (LOSS, IN_SAMPLE, "ce_minus_entropy", "cleanlab", "uncertainty", "disagreement", "vog", "random")
STRATA = {"positive": 1, "negative": 0, "either": None}
"""Observed labels among which wrong ones are looked for."""

SELECTIONS = {
    "small loss, one cut": (False, False),
    "small loss and low VoG, one cut": (False, True),
    "small loss, strata": (True, False),
    "small loss and low VoG, strata": (True, True),
}
"""Ways in which co-teaching chooses what it keeps: whether by stratum, and whether also by variance of gradients."""

PRODUCT = "small loss and low VoG, strata"
NO_CLEANING, ALL_CLEAN = "no_cleaning", "all_clean"


@dataclass(frozen=True, eq=False)
class SeedResult:
    """All that one seed gave.

    Args:
        study: with the noise of the seed.
        detection: by stratum and method, intervals of AUROC and AP of "this label is wrong".
        kept: by rates and selection, which labels each of two heads keeps, (2, N, C).
        rounds: by arm.
        bounds: logits (M, C) of the test images by a head trained on all observed labels, and on the truth.
    """

    study: RefinementStudy
    detection: Mapping[tuple[str, str], BootstrapResult]
    kept: Mapping[tuple[str, str], BoolArray]
    rounds: Mapping[str, Rounds]
    bounds: Mapping[str, FloatArray]


def refine(study_of: Callable[[int], RefinementStudy], plan: RefinementPlan) -> Iterator[SeedResult]:
    """Run the experiment for each seed of a plan; says on standard error how far it is.

    Args:
        study_of: the study whose noise a seed draws.
        plan: see there.

    Yields:
        One result a seed.
    """
    for seed in plan.seeds:
        study = study_of(seed)
        _say(f"seed {seed}: detection")
        detection = _detection(study, plan, seed)
        _say(f"seed {seed}: co-teaching")
        kept = _kept(study, plan, seed)
        rounds = {}
        for arm in plan.arms:
            _say(f"seed {seed}: {arm.name}")
            oracle = SimulatedOracle(
                study.truth,
                error_rate=arm.error_rate,
                readers=arm.readers,
                until_majority=arm.readers > 1,
                seed=seed,
            )
            trusted = kept["prior", PRODUCT]
            rounds[arm.name] = run_rounds(
                study.observed, study.inputs, study.test_inputs, trusted, oracle, arm, plan, seed=seed
            )
        yield SeedResult(study, detection, kept, rounds, _bounds(study, plan, seed))


def stratum(study: RefinementStudy, name: str) -> BoolArray:
    """(N, C) whether an entry's observed label is that of a stratum."""
    label = STRATA[name]
    return ~np.isnan(study.wrong) & (True if label is None else study.observed_targets == label)


def _detection(study: RefinementStudy, plan: RefinementPlan, seed: int) -> dict[tuple[str, str], BootstrapResult]:
    labels = study.observed_targets
    evidence = gather_evidence(
        study.inputs, labels, labels, study.patients, plan.head, seed=seed, folds=plan.folds, partitions=2
    )
    results = {}
    for method in DETECTORS:
        scores = entry_scores(
            LOSS if method == IN_SAMPLE else method,
            evidence.seen if method == IN_SAMPLE else evidence.unseen[0],
            labels,
            second=evidence.unseen[1],
            vog=evidence.vog,
            seed=seed,
        )
        for name in STRATA:
            inside = stratum(study, name)
            results[name, method] = bootstrap_intervals(
                np.where(inside, scores, 0.0),
                np.where(inside, study.wrong, np.nan),
                study.patients,
                replicates=plan.replicates,
                findings=study.findings,
            )
    return results


def _kept(study: RefinementStudy, plan: RefinementPlan, seed: int) -> dict[tuple[str, str], BoolArray]:
    labels = study.observed_targets
    prior = noise_rates("prior", labels, positive=plan.positive, negative=plan.negative)
    kinds: dict[str, NDArray[np.float64]] = {
        "a fifth": np.full((2, len(study.findings)), 0.2),
        "true rates": _true_rates(study),
        "prior": prior.values,
    }
    return {
        (kind, name): co_teaching(
            study.inputs, labels, rates, plan.head, seed=seed, stratified=stratified, mix=plan.mix if mixed else 0.0
        )
        for kind, rates in kinds.items()
        for name, (stratified, mixed) in SELECTIONS.items()
    }


def _true_rates(study: RefinementStudy) -> NDArray[np.float64]:
    """(2, C) shares of wrong labels, which nobody knows; below 1, so that something is left."""
    strata = [stratum(study, name) for name in ("negative", "positive")]
    shares = [(inside & (study.wrong == 1)).sum(axis=0) / np.maximum(inside.sum(axis=0), 1) for inside in strata]
    return np.asarray(np.minimum(np.stack(shares), 0.95))


def _bounds(study: RefinementStudy, plan: RefinementPlan, seed: int) -> dict[str, FloatArray]:
    given = {NO_CLEANING: study.observed_targets, ALL_CLEAN: study.true_targets}
    return {
        name: gather_evidence(
            study.inputs, labels, labels, study.patients, plan.head, seed=seed, partitions=0
        ).whole.logits(study.test_inputs)[0]
        for name, labels in given.items()
    }


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
