"""What is counted, what is not, and where the records come from."""

import numpy as np
import pandas as pd
import pytest
import torch
from monai.bundle import ConfigParser

from lucency.data import load_records
from lucency.errors import ConfigError, LabelError
from lucency.losses import cooccurrence
from references import label_correlations as reference

NAN = torch.nan


def as_rows(table):
    return [[None if share != share else share for share in row] for row in table.tolist()]


@pytest.mark.parametrize("seed", range(5))
def test_it_equals_the_reference(seed):
    targets = reference.batch(images=9, seed=seed)[1]
    expected = reference.cooccurrence(reference.rows(targets), epsilon=1e-3)
    table = cooccurrence(targets, epsilon=1e-3)
    assert table.dtype == np.float64
    np.testing.assert_allclose(table, np.array(expected, dtype=float))


def test_only_pairs_known_together_count_and_a_soft_label_is_no_count():
    targets = [[1.0, 1.0], [1.0, 0.0], [1.0, NAN], [1.0, 0.9], [0.0, 1.0], [NAN, 1.0]]
    table = cooccurrence(targets, epsilon=1e-12)
    np.testing.assert_allclose(table, [[2 / 3, 1 / 3], [1 / 3, 2 / 3]])


def test_a_finding_never_positive_has_a_uniform_row_and_a_pair_never_known_together_none():
    table = cooccurrence([[1.0, NAN, 0.0], [NAN, 1.0, 0.0]])
    assert as_rows(table)[0][1] is None
    assert as_rows(table)[1][0] is None
    np.testing.assert_allclose(table[2], 1 / 3)
    np.testing.assert_allclose(np.nansum(table, axis=1), 1)


def test_images_may_come_in_any_order_and_findings_bring_rows_and_columns_along():
    targets = reference.batch(images=9)[1]
    findings = [2, 0, 3, 1]
    table = cooccurrence(targets)
    np.testing.assert_array_equal(cooccurrence(targets.flip(0)), table)
    np.testing.assert_allclose(cooccurrence(targets[:, findings]), table[np.ix_(findings, findings)])


@pytest.fixture
def study_table(tmp_path):
    """Patients of two splits: effusion comes with edema in training and without it in validation."""
    rows = []
    for number, (split, edema, effusion) in enumerate(
        [("train", "positive", "positive"), ("train", "positive", "positive"), ("train", "negative", "negative")]
        + [("val", "positive", "negative")] * 5
        + [("test", "negative", "positive")] * 5
    ):
        rows.append(
            {"image": f"{number}.png", "patient": f"p{number}", "study": "", "view": "PA", "age": "60", "sex": "F"}
            | {"source": "phantom", "split": split, "edema": edema, "effusion": effusion}
        )
    path = tmp_path / "table.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_a_folds_table_never_sees_other_rows(study_table):
    records = {
        split: load_records(study_table, ["edema", "effusion"], split, check_files=False)
        for split in ("train", "val", None)
    }
    train, val, everything = (cooccurrence(part, epsilon=1e-12) for part in records.values())
    np.testing.assert_allclose(train, 0.5)
    np.testing.assert_allclose(val[0], [1, 0], atol=1e-9)
    assert everything[0, 1] < 0.3  # control: it would show


def test_a_bundle_counts_its_own_training_records(study_table):
    parser = ConfigParser(
        {
            "records": {
                "_target_": "lucency.data.load_records",
                "table": str(study_table),
                "findings": ["edema", "effusion"],
                "split": "train",
                "check_files": False,
            },
            "anchor": {
                "_target_": "lucency.losses.CooccurrenceAnchor",
                "cooccurrence": {"_target_": "lucency.losses.cooccurrence", "targets": "@records"},
            },
        }
    )
    anchor = parser.get_parsed_content("anchor")
    assert anchor.cooccurrence.tolist() == cooccurrence(parser.get_parsed_content("records")).tolist()


def test_what_is_no_table_is_refused():
    with pytest.raises(LabelError, match="cooccurrence: target -1 of training image 1, column 0"):
        cooccurrence([[1.0, 0.0], [-1.0, 0.0]])
    with pytest.raises(ConfigError, match=r"cooccurrence: targets are \(3,\)"):
        cooccurrence(torch.ones(3))
    with pytest.raises(ConfigError, match="cooccurrence: record 1 has no label"):
        cooccurrence([{"label": torch.ones(2)}, {"image": "a.png"}])
    with pytest.raises(ConfigError, match="cooccurrence: epsilon is 0"):
        cooccurrence(torch.ones(2, 2), epsilon=0)
