"""A simulated table, its truth and its record, as files."""

import json

import pandas as pd
import pytest

from lucency.data import read_study_table, table_fingerprint, write_split_record, write_study_table
from lucency.data.simulate import simulate_table
from lucency.errors import LucencyError, TableError
from lucency.labels import simulate
from references.simulation import labels, read, truth_table
from references.study_tables import plain_table

FINDINGS = ["effusion", "edema"]
EVERYTHING = [{"mention_rate": {"positive": 0.5, "negative": 0.5}}]


@pytest.fixture
def table(tmp_path):
    return write_study_table(truth_table(), tmp_path / "archive" / "truth.csv")


def test_only_the_split_asked_for_differs_from_the_truth(table, tmp_path):
    simulate_table(table, tmp_path / "out", EVERYTHING, splits=["train"], seed=1)
    truth, result, kept = (
        read(path) for path in (table, tmp_path / "out" / "table.csv", tmp_path / "out" / "truth.csv")
    )
    assert kept["image"].tolist() == [f"../archive/{image}" for image in truth["image"]]
    pd.testing.assert_frame_equal(kept.drop(columns="image"), truth.drop(columns="image"))
    pd.testing.assert_frame_equal(result.drop(columns=FINDINGS), kept.drop(columns=FINDINGS))
    touched = truth["split"].eq("train")
    pd.testing.assert_frame_equal(result[~touched], kept[~touched])
    expected = simulate.chain(truth[touched], EVERYTHING, seed=1)
    pd.testing.assert_frame_equal(result.loc[touched, FINDINGS], expected[FINDINGS])
    assert not result[touched].equals(kept[touched])


def test_images_are_found_from_the_simulated_table(table, tmp_path):
    (table.parent / "images").mkdir()
    for number in range(60):
        (table.parent / "images" / f"{number}.png").touch()
    simulate_table(table, tmp_path / "some" / "where" / "else", EVERYTHING)
    assert len(read_study_table(tmp_path / "some" / "where" / "else" / "table.csv")) == 60


@pytest.mark.parametrize("steps", [EVERYTHING, [{"count_matched": {"fraction": 0.3, "mode": "fn_only"}}]])
def test_a_split_does_not_depend_on_the_other_splits_asked_for(table, tmp_path, steps):
    for seed in range(4):
        simulate_table(table, tmp_path / "one", steps, splits=["train"], seed=seed)
        simulate_table(table, tmp_path / "two", steps, splits=["val", "train"], seed=seed)
        assert labels(tmp_path / "one" / "table.csv", "train").equals(labels(tmp_path / "two" / "table.csv", "train"))
    assert labels(tmp_path / "one" / "table.csv", "val").equals(labels(table, "val"))
    assert not labels(tmp_path / "two" / "table.csv", "val").equals(labels(table, "val"))
    assert labels(tmp_path / "two" / "table.csv", "test").equals(labels(table, "test"))


def test_test_labels_are_simulated_if_named(table, tmp_path):
    simulate_table(table, tmp_path / "out", EVERYTHING, splits=["test"])
    assert not labels(tmp_path / "out" / "table.csv", "test").equals(labels(table, "test"))
    assert labels(tmp_path / "out" / "table.csv", "train").equals(labels(table, "train"))


def test_images_of_a_study_agree_if_chance_decides_by_study(table, tmp_path):
    for by in ("study", "image"):
        simulate_table(table, tmp_path / by, EVERYTHING, splits=["train", "val", "test"], by=by)
        frame = read(tmp_path / by / "table.csv")
        agree = frame.groupby("patient")[FINDINGS].nunique().eq(1).all(axis=None)
        assert agree == (by == "study")


def test_the_record_says_what_was_done_and_to_what(table, tmp_path):
    steps = [{"symmetric": {"rate": {"edema": 0.5}}}, "single_positive"]
    returned = simulate_table(table, tmp_path / "out", steps, seed=3)
    record = json.loads((tmp_path / "out" / "simulation.json").read_text())
    assert record == returned
    assert record["input"] == {"file": "truth.csv", "fingerprint": table_fingerprint(read(table))}
    for role in ("table", "truth"):
        assert record[role]["fingerprint"] == table_fingerprint(read(tmp_path / "out" / record[role]["file"]))
    assert record["steps"] == [{"symmetric": {"rate": {"edema": 0.5}}}, {"single_positive": {}}]
    assert (record["seed"], record["splits"], record["by"]) == (3, ["train"], "image")
    again = simulate_table(table, tmp_path / "again", record["steps"], seed=record["seed"])
    assert again == record
    assert (tmp_path / "again" / "table.csv").read_bytes() == (tmp_path / "out" / "table.csv").read_bytes()


def test_findings_that_are_not_named_stay_true(table, tmp_path):
    simulate_table(table, tmp_path / "out", EVERYTHING, findings=["edema"])
    assert read(tmp_path / "out" / "table.csv")["effusion"].equals(read(table)["effusion"])
    assert not read(tmp_path / "out" / "table.csv")["edema"].equals(read(table)["edema"])


def test_weights_counted_by_pandas_are_recorded_as_numbers(table, tmp_path):
    weights = read(table)[FINDINGS].eq("positive").sum()
    record = simulate_table(table, tmp_path / "out", [{"single_positive": {"weights": weights}}])
    written = json.loads((tmp_path / "out" / "simulation.json").read_text())
    assert written["steps"] == [{"single_positive": {"weights": weights.to_dict()}}]
    assert record["labels"]["changed"] > 0


def test_an_earlier_simulation_is_replaced_and_an_interrupted_one_does_not_block(table, tmp_path):
    simulate_table(table, tmp_path / "out", EVERYTHING, seed=1)
    first = (tmp_path / "out" / "table.csv").read_bytes()
    simulate_table(table, tmp_path / "out", EVERYTHING, seed=2)
    assert (tmp_path / "out" / "table.csv").read_bytes() != first
    (tmp_path / "out" / "table.csv").unlink()
    simulate_table(table, tmp_path / "out", EVERYTHING, seed=1)
    assert (tmp_path / "out" / "table.csv").read_bytes() == first


def test_neither_the_input_nor_another_data_set_is_overwritten(table, tmp_path):
    for out in (table.parent, table.parent / ".." / "archive"):
        with pytest.raises(TableError, match=r"is the folder of truth\.csv itself"):
            simulate_table(table, out, EVERYTHING)
    write_study_table(plain_table(), tmp_path / "other" / "table.csv")
    with pytest.raises(TableError, match=r"other: holds a table\.csv that is no simulation"):
        simulate_table(table, tmp_path / "other", EVERYTHING)
    for out in (tmp_path / "new.csv", table):
        with pytest.raises(TableError, match="is no folder; name one for"):
            simulate_table(table, out, EVERYTHING)
    assert [path.name for path in table.parent.iterdir()] == ["truth.csv"]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"splits": ["valid"]}, "unknown split 'valid'; use train, val, test"),
        ({}, {"splits": []}, "no split to simulate"),
        ({"split": "train"}, {"splits": ["val"]}, r"truth.csv: no row is in split 'val'; it has train"),
        ({}, {"findings": ["mass"]}, r"truth.csv: has no finding 'mass'; it has effusion, edema"),
        ({"study": ""}, {"by": "study"}, r"truth.csv: study is blank for image images/0.png.* use by image"),
        ({}, {"by": "patient"}, "by cannot be 'patient'; use image or study"),
        ({"edema": "0"}, {}, "truth.csv: edema is '0' in row 1"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(table, tmp_path, change, options, message):
    read(table).assign(**change).to_csv(table, index=False)
    with pytest.raises(LucencyError, match=message):
        simulate_table(table, tmp_path / "out", EVERYTHING, **options)
    assert not (tmp_path / "out").exists()


def test_a_table_without_split_or_with_moved_patients_is_refused(table, tmp_path):
    frame = read(table)
    write_split_record(frame, table, {"train": 0.4, "val": 0.3, "test": 0.3}, seed=0)
    write_study_table(frame.assign(split="train"), table)
    with pytest.raises(TableError, match=r"differ from truth\.split\.json"):
        simulate_table(table, tmp_path / "out", EVERYTHING)
    bare = write_study_table(frame.drop(columns="split"), tmp_path / "bare" / "table.parquet")
    with pytest.raises(TableError, match="has no column split; divide the patients with 'lucency split'"):
        simulate_table(bare, tmp_path / "out", EVERYTHING)
