"""Rounds of choosing, reading and training again, through the ledger; nothing here knows the truth but the oracle."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import finding_columns
from ..labels import TargetPolicy
from ..refine import Ledger, choose, coreset, entry_scores
from ..refine.oracle import SimulatedOracle
from ..refine.trusted import trusted_table
from .refinement_evidence import BoolArray, gather_evidence
from .refinement_heads import FloatArray
from .refinement_plan import CORESET, Arm, RefinementPlan

JUDGES = {"random": 0, "random_image": 0, CORESET: 0, "vog": 0, "disagreement": 2}
"""Partitions into folds that a method needs; all others need one."""


@dataclass(frozen=True, eq=False)
class Rounds:
    """What became of labels and head; place r of each list is the state after round r, place 0 before any.

    Args:
        labels: (R + 1, N, C) of 1, 0, NaN.
        logits: (R + 1, M, C) of the test images.
        asked: (R + 1, N, C) entries asked so far.
        calls: verdicts given so far.
    """

    labels: FloatArray
    logits: FloatArray
    asked: BoolArray
    calls: list[int]


def run_rounds(
    observed: pd.DataFrame,
    inputs: FloatArray,
    test_inputs: FloatArray,
    kept: BoolArray,
    oracle: SimulatedOracle,
    arm: Arm,
    plan: RefinementPlan,
    *,
    seed: int,
) -> Rounds:
    """Read images round by round; a reader answers for all findings of an image.

    Every image that was not read yet may be chosen, also one of which all labels are trusted: rates are capped, and
    many a wrong label is trusted.

    Args:
        observed: study table of the training images, with a known state of every finding.
        inputs: (N, F) of its rows.
        test_inputs: (M, F).
        kept: (2, N, C) of `co_teaching`.
        oracle: who is asked.
        arm: how images are chosen and heads trained.
        plan: budget and heads.
        seed: of weights, folds and chance.
    """
    findings, images = finding_columns(observed), observed["image"].tolist()
    entries = _entries(observed, findings, kept)
    budget = max(1, round(plan.budget * len(images)))
    read = np.zeros(len(images), dtype=bool)
    labels, logits, asked, calls = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, Ledger.create(Path(folder) / "labels.sqlite", observed) as ledger:
        for number in range(plan.rounds + 1):
            frame = ledger.frame()
            labels.append(TargetPolicy().targets(frame, findings))
            trained = trusted_table(frame, entries, ledger.asked()) if arm.training == "trusted" else frame
            evidence = gather_evidence(
                inputs,
                TargetPolicy().targets(trained, findings),
                labels[-1],
                observed["patient"].to_numpy(dtype=str),
                plan.head,
                seed=seed,
                folds=plan.folds,
                partitions=JUDGES.get(arm.method, 1) if number < plan.rounds else 0,
            )
            logits.append(evidence.whole.logits(test_inputs)[0])
            asked.append(np.repeat(read[:, None], len(findings), axis=1))
            calls.append(oracle.calls)
            if number == plan.rounds:
                break
            if arm.method == CORESET:
                chosen = coreset(inputs, budget=budget, read=read)
            else:
                of_partition = list(evidence.unseen) or [evidence.seen]
                scores = entry_scores(
                    arm.method,
                    of_partition[0],
                    labels[-1],
                    second=of_partition[-1],
                    vog=evidence.vog,
                    seed=1000 * seed + number,
                )
                chosen = choose(scores, budget=budget, quota=arm.quota, already=asked[-1], seed=seed)
            questions = [(images[row], finding) for row in chosen for finding in findings]
            ledger.ask(number + 1, questions, reason=arm.name)
            ledger.record(oracle.answer(questions, round=number + 1))
            read[chosen] = True
    return Rounds(np.stack(labels), np.stack(logits), np.stack(asked), calls)


def _entries(observed: pd.DataFrame, findings: list[str], kept: BoolArray) -> pd.DataFrame:
    """What co-teaching writes about every known label, as far as `trusted_table` reads it."""
    targets: NDArray[np.float32] = TargetPolicy().targets(observed, findings)
    rows, columns = np.nonzero(~np.isnan(targets))
    return pd.DataFrame(
        {
            "image": observed["image"].to_numpy(dtype=object)[rows],
            "finding": np.array(findings, dtype=object)[columns],
            "observed": targets[rows, columns].astype(np.int8),
            "kept": kept[0, rows, columns],
            "kept_second": kept[1, rows, columns],
        }
    )
