"""Whole rounds: only what was asked changes, and nothing is asked twice."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from lucency.refine import Ledger
from lucency.refine.worklists import (
    LabelledPredictions,
    changed_labels,
    rank,
    read_verdict_csv,
    record_verdicts,
    round_status,
    write_ranking,
    write_worklist,
)

FINDINGS = ["effusion", "mass", "edema"]


def truth_and_noise(images=40, share=0.3, seed=0):
    """A study table of true states, and one in which a share of them is wrong or unmentioned."""
    random = np.random.default_rng(seed)
    about = {"study": "", "view": "PA", "age": 50.0, "sex": "F", "source": "made"}
    frame = pd.DataFrame({"image": [f"{at:02}.png" for at in range(images)]}).assign(**about)
    frame["patient"] = frame["image"]
    truth, noisy = frame.copy(), frame.copy()
    for finding in FINDINGS:
        truth[finding] = np.where(random.random(images) < 0.3, "positive", "negative")
        flipped = np.where(truth[finding].eq("positive"), "negative", "positive")
        noisy[finding] = np.where(random.random(images) < share, flipped, truth[finding])
        noisy[finding] = np.where(random.random(images) < 0.1, "unmentioned", noisy[finding])
    return truth, noisy


def answered(path, truth, readers, error_rate, random):
    """The worklist with verdicts of several readers, who are sometimes wrong; every tenth question is left open."""
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    words = {"positive": "present", "negative": "absent"}
    lines, said = [], 0
    for reader in readers:
        for row in rows:
            state = truth.set_index("image").at[row["image"], row["finding"]]
            if random.random() < error_rate:
                state = {"positive": "negative", "negative": "positive"}[state]
            blank = random.random() < 0.1
            said += not blank
            lines.append({**row, "verdict": "" if blank else words[state], "reader": "" if blank else reader})
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    filled = path.with_name("filled.csv")
    filled.write_text(text.getvalue())
    return filled, said


@pytest.mark.parametrize("unit", ["image", "entry"])
@pytest.mark.parametrize(("method", "readers"), [("cross_entropy", ["R1"]), ("random", ["R1", "R2", "R3"])])
def test_only_what_was_asked_and_answered_changes(tmp_path, unit, method, readers):
    truth, noisy = truth_and_noise()
    random = np.random.default_rng(7)
    probabilities = np.where(truth[FINDINGS].eq("positive"), 0.8, 0.2) + random.uniform(-0.15, 0.15, (40, 3))
    targets = np.select([noisy[FINDINGS].eq("positive"), noisy[FINDINGS].eq("negative")], [1.0, 0.0], np.nan)
    labels = LabelledPredictions(noisy["image"].tolist(), FINDINGS, probabilities, targets)
    asked_before, given = set(), 0
    with Ledger.create(tmp_path / "ledger.sqlite", noisy) as ledger:
        for round in (1, 2, 3):
            ranking = rank(
                labels, budget=5, unit=unit, method=method, seed=round, already=labels.cells(set(ledger.asked()))
            )
            folder = tmp_path / f"round{round}"
            write_ranking(ranking, tmp_path / f"{round}.csv", ledger, FINDINGS, {"method": method})
            write_worklist(ledger, tmp_path / f"{round}.csv", folder, dicom=False)
            asked = set(ledger.asked(round))
            assert not asked & asked_before
            asked_before |= asked
            before = ledger.frame()
            filled, said = answered(folder / "worklist.csv", truth, readers, 0.1, random)
            assert record_verdicts(ledger, [read_verdict_csv(filled, round=round)]) == (said, 0)
            given += said
            after = ledger.frame()
            differs = before[FINDINGS].ne(after[FINDINGS]).to_numpy()
            changed = {(noisy["image"][row], FINDINGS[column]) for row, column in np.argwhere(differs)}
            answers = {(one.image, one.finding) for one in ledger.verdicts(round)}
            assert changed <= answers <= asked
        changes, status = changed_labels(ledger), round_status(ledger)
        cells = set(zip(changes["image"], changes["finding"], strict=True))
        assert cells <= asked_before
        assert (status["changed"] + status["filled"] <= status["answered"]).all()
        assert len(changes) == (status["changed"] + status["filled"]).sum() <= given
        assert status["verdicts"].sum() == given
        first, last = noisy[FINDINGS].eq(truth[FINDINGS]), ledger.frame()[FINDINGS].eq(truth[FINDINGS])
        assert last.to_numpy().sum() > first.to_numpy().sum()
