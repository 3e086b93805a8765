"""Folds of patients: what is where, and what reaches the anchor."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from lucency.comparison import Fold, correlation_rungs, fold_studies
from lucency.errors import ConfigError, TableError
from lucency.labels import NIH14
from references import label_correlations as reference

FINDINGS = NIH14[:4]
HEAD = {
    "_target_": "lucency.networks.LabelCorrelationHead",
    "in_channels": "@features",
    "out_channels": "@outputs",
    "dim": 8,
}


def write_table(path):
    """One to four images for each of sixty patients, findings of a patient alike."""
    rng = np.random.default_rng(0)
    rows = []
    for patient in range(60):
        often = rng.random(4) * 0.6
        for _ in range(rng.integers(1, 5)):
            labels = ["positive" if drawn else "negative" for drawn in rng.random(4) < often]
            rows.append(
                {"image": f"{len(rows)}.png", "patient": f"p{patient}", "study": f"s{len(rows)}"}
                | dict.fromkeys(("view", "age", "sex", "source"), "")
                | dict(zip(FINDINGS, labels, strict=True))
            )
    frame = pd.DataFrame(rows)
    frame.to_csv(path, index=False)
    return frame


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "data" / "table.csv"
    path.parent.mkdir()
    write_table(path)
    return path


@pytest.fixture
def maps(table):
    images = len(pd.read_csv(table))
    return np.random.default_rng(0).normal(size=(images, 6, 2, 2)).astype(np.float16)


def test_every_image_is_tested_once_a_repeat_and_patients_stay_whole(table, maps):
    folds = list(fold_studies(table, maps, folds=5, repeats=2))
    assert [(fold.repeat, fold.number) for fold in folds] == [(r, k) for r in (1, 2) for k in range(1, 6)]
    for repeat in (1, 2):
        tested = np.concatenate([fold.study.rows("test") for fold in folds if fold.repeat == repeat])
        np.testing.assert_array_equal(np.sort(tested), np.arange(len(maps)))
    for _, _, study in folds:
        of_split = [set(study.patients[study.rows(split)]) for split in ("train", "val", "test")]
        assert sum(map(len, of_split)) == 60
        share = len(of_split[1]) / (len(of_split[0]) + len(of_split[1]))
        assert 0.1 < share < 0.2
        assert study.name == "data"


def test_repeats_differ_and_the_same_seed_gives_the_same(table, maps):
    def tests(**how):
        return [frozenset(fold.study.rows("test").tolist()) for fold in fold_studies(table, maps, **how)]

    first = tests(folds=3, repeats=2, seed=1)
    assert tests(folds=3, repeats=2, seed=1) == first
    assert len(set(first)) == 6
    assert set(tests(folds=3, repeats=1, seed=2)).isdisjoint(first)


def test_every_fold_has_its_share_of_every_finding(table, maps):
    frame = pd.read_csv(table)
    ill = (frame[list(FINDINGS)] == "positive").groupby(frame["patient"]).any()
    for _, _, study in fold_studies(table, maps, folds=4, repeats=1):
        tested = ill.loc[np.unique(study.patients[study.rows("test")])]
        np.testing.assert_allclose(tested.sum(), ill.sum() / 4, atol=1.5)  # patients


def test_labels_are_complete_or_unknown_and_all_studies_share_the_inputs(table, maps):
    folds = list(fold_studies(table, maps, folds=3, repeats=1, findings=FINDINGS[::-1]))
    frame = pd.read_csv(table)
    expected = (frame[list(FINDINGS[::-1])] == "positive").to_numpy(dtype=np.float32)
    for _, _, study in folds:
        np.testing.assert_array_equal(study.truth, expected)
        assert study.observed is study.truth
        assert study.inputs is maps


def anchor_of(fold: Fold):
    (rung,) = correlation_rungs(["consistency"], HEAD)
    return rung.build(fold.study, seed=0, max_epochs=3).anchor.cooccurrence.numpy()


def with_labels_turned(fold, rows):
    labels = fold.study.truth.copy()
    labels[rows] = 1 - labels[rows]
    return fold._replace(study=replace(fold.study, truth=labels, observed=labels))


def test_the_anchor_is_counted_from_the_training_rows_of_the_fold_alone(table, maps):
    folds = list(fold_studies(table, maps, folds=3, repeats=1))
    anchors = [anchor_of(fold) for fold in folds]
    assert not np.array_equal(anchors[0], anchors[1])
    for fold, anchor in zip(folds, anchors, strict=True):
        study = fold.study
        expected = reference.cooccurrence(reference.rows(torch.as_tensor(study.truth[study.rows("train")])), 1e-4)
        np.testing.assert_allclose(anchor, expected, rtol=1e-5)
        others = np.flatnonzero(study.splits != "train")
        np.testing.assert_array_equal(anchor_of(with_labels_turned(fold, others)), anchor)
        assert not np.array_equal(anchor_of(with_labels_turned(fold, study.rows("train")[:5])), anchor)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"folds": 61}, "61 folds of 60 patients"),
        ({"folds": 1}, "1 folds of 60 patients"),
        ({"repeats": 0}, "0 repeats are not possible"),
        ({"validation": 1.0}, "validation is 1.0"),
    ],
)
def test_folds_that_cannot_be_are_one_line(table, maps, how, words):
    with pytest.raises((TableError, ConfigError), match=words) as raised:
        list(fold_studies(table, maps, **how))
    assert "\n" not in str(raised.value)


def test_inputs_of_another_table_are_told(table, maps):
    with pytest.raises(ConfigError, match="inputs; extract the inputs again"):
        list(fold_studies(table, maps[1:]))


def test_a_fold_whose_validation_part_cannot_choose_is_named(tmp_path):
    path = tmp_path / "table.csv"
    frame = write_table(path)
    for finding in FINDINGS:
        frame[finding] = "negative"
    frame.loc[0, FINDINGS[0]] = "positive"
    frame.to_csv(path, index=False)
    with pytest.raises(TableError, match=r"repeat 1, fold \d: .*no finding of the validation images"):
        list(fold_studies(path, np.zeros((len(frame), 3), np.float32), folds=3))
