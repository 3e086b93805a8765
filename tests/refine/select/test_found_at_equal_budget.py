"""What each way of choosing finds at equal budget, and so why BADGE is not offered.

`pytest -s tests/refine/select/test_found_at_equal_budget.py` prints the figures of docs/reference/selection.md.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from lucency.refine.select import choose, entry_scores
from references import selection as reference

BUDGET = 0.02  # of the images


def flipped(truth, rng):
    """Miss a fifth of each finding's positives and call half as many negatives."""
    observed = truth.copy()
    for column, true in zip(observed.T, truth.T, strict=True):
        positives, negatives = np.flatnonzero(true == 1), np.flatnonzero(true == 0)
        column[rng.choice(positives, len(positives) // 5, replace=False)] = 0
        column[rng.choice(negatives, len(positives) // 10, replace=False)] = 1
    return observed


def shares_found(p, observed, truth, features, seed):
    """Share of all wrong labels in the images that each way of choosing has read."""
    budget = int(BUDGET * len(p))
    chosen = {
        method: choose(entry_scores(method, p, observed, seed=seed), budget=budget)
        for method in ("cross_entropy", "ce_minus_entropy", "uncertainty", "random_image")
    }
    chosen["cross_entropy with quota"] = choose(
        entry_scores("cross_entropy", p, observed), budget=budget, quota="equal"
    )
    chosen["BADGE"] = reference.badge(p, observed, features, budget, seed)
    wrong = observed != truth
    return {method: wrong[images].sum() / wrong.sum() for method, images in chosen.items()}


def report(name, runs):
    means = pd.DataFrame(runs).mean()
    print(f"\n{name}, {len(runs)} seeds:", ", ".join(f"{method} {share:.3f}" for method, share in means.items()))
    return means


def test_on_a_toy_of_six_findings():
    runs = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        features = rng.normal(size=(2000, 32))
        logits = features @ rng.normal(size=(32, 6)) * 0.5 + np.array([-1.0, -2.0, -3.0, -4.0, -5.0, -5.5])
        truth = (rng.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(float)
        observed = flipped(truth, rng)
        model = LogisticRegression(max_iter=300)
        p = np.stack(
            [cross_val_predict(model, features, y, cv=3, method="predict_proba")[:, 1] for y in observed.T], axis=1
        )
        runs.append(shares_found(p, observed, truth, np.c_[np.ones(len(p)), features], seed))
    means = report("toy", runs)
    assert means["cross_entropy"] > 1.5 * means["BADGE"]


def test_on_published_scores_of_nih_radiographs(real_data):
    table = real_data / "nih_scores_densenet121" / "nih_test_preds_and_nlp_labels.csv.gz"
    if not table.is_file():
        pytest.skip(f"{table} is not there")
    scores = pd.read_csv(table)
    findings = [name.removeprefix("prob_") for name in scores if name.startswith("prob_")]
    runs = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        some = scores.iloc[rng.choice(len(scores), 4000, replace=False)]
        p = some[[f"prob_{finding}" for finding in findings]].to_numpy(float)
        truth = some[[f"y_{finding}" for finding in findings]].to_numpy(float)  # as if it were
        logits = np.log(p.clip(1e-6, 1 - 1e-6)) - np.log1p(-p.clip(1e-6, 1 - 1e-6))
        features = np.c_[np.ones(len(p)), (logits - logits.mean(axis=0)) / logits.std(axis=0)]
        runs.append(shares_found(p, flipped(truth, rng), truth, features, seed))
    means = report("NIH scores", runs)
    assert means["cross_entropy"] > 1.5 * means["BADGE"]
