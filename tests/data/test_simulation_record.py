"""The counts of a simulation are those of the files."""

import pandas as pd
import pytest

from lucency.data import write_study_table
from lucency.data.simulate import simulate_table
from lucency.labels import NIH14, vocabulary
from references.simulation import labels, read, truth_table

FINDINGS = ["effusion", "edema"]


@pytest.fixture
def table(tmp_path):
    return write_study_table(truth_table(), tmp_path / "archive" / "truth.csv")


def test_the_record_counts_states_and_changes(table, tmp_path):
    record = simulate_table(table, tmp_path / "out", [{"mention_rate": {"positive": 0.5, "negative": 0.5}}], seed=3)[
        "labels"
    ]
    before, after = labels(table, "train"), labels(tmp_path / "out" / "table.csv", "train")
    for finding in FINDINGS:
        counts = record["findings"][finding]
        for when, frame in (("before", before), ("after", after)):
            assert {state: count for state, count in counts[when].items() if count} == dict(
                frame[finding].value_counts()
            )
        assert counts["changed"] == (before[finding] != after[finding]).sum() == sum(counts["changes"].values())
    assert record["changed"] == (before != after).sum().sum()
    assert record["before"]["unmentioned"] == before.eq("unmentioned").sum().sum() > 0


def test_dropped_images_are_gone_from_the_table_and_counted(table, tmp_path):
    record = simulate_table(table, tmp_path / "out", [{"single_positive": {"without_positive": "drop"}}])
    truth, result = read(tmp_path / "out" / "truth.csv"), read(tmp_path / "out" / "table.csv")
    positive = truth[FINDINGS].eq("positive").any(axis=1)
    assert result["image"].tolist() == truth.loc[positive | truth["split"].ne("train"), "image"].tolist()
    train = truth["split"].eq("train")
    assert record["images"] == {"before": train.sum(), "after": (train & positive).sum()}
    assert (
        record["labels"]["positive_kept"]
        == (train & positive).sum() / truth[train][FINDINGS].eq("positive").sum().sum()
    )


def test_single_positive_on_real_labels_reports_what_pandas_counts(real_data, tmp_path):
    index = pd.read_csv(real_data / "nih_cxr14_subset" / "index_dev.csv", dtype={"patient_id": str})
    frame = index.rename(columns={"file": "image", "patient_id": "patient", "image_id": "study"})
    frame = frame[["image", "patient", "study", "view", "age", "sex", "source", "split"]]
    true = {finding: index[vocabulary().get(finding).names["nih14"][0]].eq(1) for finding in NIH14}
    states = {finding: column.map({True: "positive", False: "negative"}) for finding, column in true.items()}
    table = write_study_table(frame.assign(**states), tmp_path / "nih.csv")
    record = simulate_table(table, tmp_path / "out", ["single_positive"], seed=8)["labels"]
    train = index["split"].eq("train")
    true = pd.DataFrame(true)[train].reset_index(drop=True)
    kept = labels(tmp_path / "out" / "table.csv", "train").eq("positive")
    assert kept.sum(axis=1).equals(true.any(axis=1).astype(int))
    assert not (kept & ~true).any(axis=None)
    for finding in NIH14:
        counts = record["findings"][finding]
        assert counts["positive_kept"] == kept[finding].sum() / true[finding].sum()
        hidden = (true[finding] & ~kept[finding]).sum() / (~kept[finding]).sum()
        assert counts["positive_among_unmentioned"] == pytest.approx(hidden, rel=1e-12)
    assert record["positive_kept"] == kept.sum().sum() / true.sum().sum() < 1
