import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from lucency.errors import TableError
from lucency.results import evaluate_scores
from lucency.results.evaluation import scored_findings
from lucency.results.scores_writer import write_metrics


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    n = 120
    target = rng.integers(0, 2, n).astype(float)
    unknown = rng.random(n) < 0.3
    return pd.DataFrame(
        {
            "patient": [f"p{i // 2}" for i in range(n)],
            "source": ["a"] * 60 + ["b"] * 60,
            "target_edema": np.where(unknown, np.nan, target),
            "target_mass": 0.0,
            "probability_edema": target * 0.3 + rng.random(n),
            "probability_mass": rng.random(n),
        }
    )


def test_figures_equal_scikit_learn_on_known_labels_in_every_group(scores):
    metrics = evaluate_scores(scores, replicates=50).set_index(["group", "finding"])
    for group, part in {"all": scores, "source=a": scores[:60], "source=b": scores[60:]}.items():
        known = part[part.target_edema.notna()]
        got = metrics.loc[(group, "edema")]
        assert got.auroc == pytest.approx(roc_auc_score(known.target_edema, known.probability_edema), abs=1e-12)
        assert got.ap == pytest.approx(average_precision_score(known.target_edema, known.probability_edema), abs=1e-12)
        assert (got.positive, got.negative) == ((known.target_edema == 1).sum(), (known.target_edema == 0).sum())
        assert got.auroc_low < got.auroc < got.auroc_high
        assert got.patients == part.patient.nunique()


def test_undefined_finding_has_counts_no_figures_and_no_part_in_the_mean(scores):
    metrics = evaluate_scores(scores, replicates=20).set_index(["group", "finding"])
    mass = metrics.loc[("all", "mass")]
    assert (mass.positive, mass.negative) == (0, 120)
    assert mass[["auroc", "auroc_low", "ap", "ap_high"]].isna().all()
    assert metrics.loc[("all", "macro")].auroc == metrics.loc[("all", "edema")].auroc


def test_group_without_any_defined_finding_is_reported_as_such(scores):
    scores.loc[scores.source == "b", "target_edema"] = np.nan
    metrics = evaluate_scores(scores, replicates=20).set_index(["group", "finding"])
    assert metrics.loc["source=b"][["auroc", "ap"]].isna().all(axis=None)
    assert not np.isnan(metrics.loc[("all", "macro")].auroc)


def test_json_has_null_and_never_nan(scores, tmp_path):
    write_metrics(scores, tmp_path, replicates=20, seed=0)
    text = (tmp_path / "metrics.json").read_text()
    assert "NaN" not in text
    rows = {(r["group"], r["finding"]): r for r in json.loads(text)["metrics"]}
    assert rows[("all", "mass")]["auroc"] is None
    assert rows[("all", "mass")]["negative"] == 120


@pytest.mark.parametrize("column", ["patient", "probability_mass"])
def test_missing_column_is_named(scores, column):
    with pytest.raises(TableError, match=f"column {column} is missing"):
        scored_findings(scores.drop(columns=column))
