"""What an assembled study shows to whom, and how it is made from a study table."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lucency.comparison import assembled_study
from lucency.data import read_study_table, write_study_table
from lucency.errors import ConfigError, TableError

SOURCES = {"a": ["effusion", "edema"], "b": ["cardiomegaly", "effusion"]}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng, rows = np.random.default_rng(0), np.arange(120)
    states = rng.choice(["positive", "negative"], size=(120, 4))
    frame = pd.DataFrame(
        {
            "image": [f"{row}.png" for row in rows],
            "patient": [f"p{row // 2}" for row in rows],
            "study": [f"s{row}" for row in rows],
            "view": "PA",
            "age": "50",
            "sex": "F",
            "source": "drawn",
            "split": np.repeat(["train", "val", "test"], 40),
            **dict(zip(["cardiomegaly", "edema", "effusion", "hernia"], states.T, strict=True)),
        }
    )
    return write_study_table(frame, tmp_path_factory.mktemp("tables") / "truth.csv")


def test_a_source_alone_has_its_images_and_findings_and_as_many_steps(assembled):
    alone, short = assembled.of_source("a", repeated=True), assembled.of_source("a")
    assert alone.findings == assembled.findings[:2] == assembled.findings_of("a")
    assert assembled.findings_of("b") == assembled.findings[1:]
    train = alone.rows("train")
    assert len(train) == len(assembled.rows("train"))
    own = assembled.rows("train")[assembled.sources[assembled.rows("train")] == "a"]
    assert set(alone.patients[train]) == set(assembled.patients[own])
    np.testing.assert_array_equal(short.inputs[short.rows("train")], assembled.inputs[own])
    times = np.unique([own.tolist().index(row) for row in np.resize(own, len(train))], return_counts=True)[1]
    assert times.max() - times.min() <= 1
    assert not np.isnan(alone.targets("observed")).any()
    for split in ("val", "test"):
        np.testing.assert_array_equal(alone.truth[alone.rows(split)], assembled.truth[assembled.rows(split)][:, :2])


def test_validation_is_by_the_truth_or_by_what_the_sources_say(assembled):
    val = assembled.rows("val")
    np.testing.assert_array_equal(assembled.validation_labels("clean"), assembled.truth[val])
    np.testing.assert_array_equal(assembled.validation_labels("observed"), assembled.observed[val])
    assert np.isnan(assembled.validation_labels("observed")).any()


def test_the_fingerprint_is_of_the_sources_too(assembled):
    other = replace(assembled, sources=assembled.sources[::-1].copy())
    assert other.fingerprint != assembled.fingerprint == replace(assembled, name="other").fingerprint


def test_patients_are_dealt_out_whole_and_evenly(table):
    frame = pd.read_csv(table)
    study = assembled_study(table, np.zeros((120, 3), np.float32), SOURCES)
    assert study.findings == ("cardiomegaly", "edema", "effusion")
    truth = (frame[list(study.findings)] == "positive").to_numpy()
    np.testing.assert_array_equal(study.truth, truth)
    of_patient = pd.Series(study.sources).groupby(study.patients).unique()
    assert (of_patient.str.len() == 1).all()
    counts = of_patient.str[0].value_counts()
    assert abs(counts["a"] - counts["b"]) <= 1
    for row, source in enumerate(study.sources):
        for column, finding in enumerate(study.findings):
            told = study.observed[row, column]
            assert told == truth[row, column] if finding in SOURCES[source] else np.isnan(told)
    again, other = (assembled_study(table, study.inputs, SOURCES, seed=seed) for seed in (0, 1))
    assert again.fingerprint == study.fingerprint != other.fingerprint


def test_an_image_goes_to_the_first_source_that_knows_all_its_findings(table, tmp_path):
    frame = read_study_table(table, check_files=False)
    asked = np.arange(len(frame)) % 3 == 0
    frame["labelled"] = np.where(asked, "edema effusion cardiomegaly hernia", "effusion cardiomegaly hernia")
    frame.loc[~asked, "edema"] = "unmentioned"
    path = tmp_path / "two.csv"
    write_study_table(frame, path)
    inputs = np.zeros((len(frame), 3), np.float32)
    study = assembled_study(path, inputs, SOURCES, deal="known", unmentioned="negative")
    np.testing.assert_array_equal(study.sources == "a", asked)
    np.testing.assert_array_equal(np.isnan(study.truth).any(axis=1), ~asked)
    with pytest.raises(TableError, match="no source labels all its findings in row 2"):
        assembled_study(path, inputs, {"a": ["edema"], "b": ["edema", "effusion"]}, deal="known")


def test_mistakes_are_named(table):
    inputs = np.zeros((120, 3), np.float32)
    with pytest.raises(TableError, match="no finding fracture, which sources name"):
        assembled_study(table, inputs, {"a": ["fracture"], "b": ["edema"]})
    with pytest.raises(ConfigError, match="deal is 'images'"):
        assembled_study(table, inputs, SOURCES, deal="images")
    with pytest.raises(ConfigError, match="120 rows for 119 inputs"):
        assembled_study(table, inputs[1:], SOURCES)
