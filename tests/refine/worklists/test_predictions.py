"""Predictions take their places beside the labels of the ledger."""

import numpy as np
import pandas as pd
import pytest

from lucency.errors import TableError
from lucency.refine.worklists import LabelledPredictions


def test_entries_stand_where_the_table_has_their_labels(site):
    entries = pd.read_parquet(site.entries)
    shuffled = site.folder / "shuffled.parquet"
    entries.sample(frac=1, random_state=1).to_parquet(shuffled, index=False)
    labels = LabelledPredictions.of_entries(shuffled, site.frame, set())
    assert labels.images == site.frame["image"].tolist()
    assert labels.findings == ["effusion", "mass", "edema"]
    for row in entries.itertuples():
        at = labels.images.index(row.image), labels.findings.index(row.finding)
        assert labels.targets[at] == row.observed
        assert labels.probabilities[at] == pytest.approx(row.probability)
        assert labels.second[at] == pytest.approx(row.probability_second)
        assert labels.vog[at] == pytest.approx((row.vog + row.vog_second) / 2)
    assert np.isfinite(labels.targets).sum() == len(entries)
    assert np.isnan(labels.targets[0, 2])


def test_a_label_that_a_silent_policy_made_is_a_label_of_the_run(site):
    entries = pd.read_parquet(site.entries)
    silent = {**entries.iloc[0].to_dict(), "image": "a.dcm", "finding": "edema", "observed": 0}
    path = site.folder / "more.parquet"
    pd.concat([entries, pd.DataFrame([silent])]).to_parquet(path)
    assert LabelledPredictions.of_entries(path, site.frame, set()).targets[0, 2] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": "x.dcm"}, "image x.dcm is not in the study table"),
        ({"finding": "fracture"}, "finding fracture is not in the study table"),
        ({"observed": 0}, "effusion of a.dcm has another label in the ledger"),
    ],
)
def test_entries_of_another_table_are_refused(site, change, message):
    entries = pd.read_parquet(site.entries)
    first = entries.index[entries["image"].eq("a.dcm") & entries["finding"].eq("effusion")]
    for column, value in change.items():
        entries.loc[first, column] = value
    entries.to_parquet(path := site.folder / "wrong.parquet", index=False)
    with pytest.raises(TableError, match=message):
        LabelledPredictions.of_entries(path, site.frame, set())


def test_a_label_that_was_asked_about_may_differ(site):
    entries = pd.read_parquet(site.entries)
    entries["observed"] = entries["observed"].where(entries["image"].ne("a.dcm"), 1 - entries["observed"])
    entries.to_parquet(path := site.folder / "later.parquet", index=False)
    asked = {("a.dcm", "effusion"), ("a.dcm", "mass")}
    LabelledPredictions.of_entries(path, site.frame, asked)
    with pytest.raises(TableError, match=r"mass of a\.dcm has another label"):
        LabelledPredictions.of_entries(path, site.frame, asked - {("a.dcm", "mass")})


def test_a_label_named_twice_is_refused(site):
    entries = pd.read_parquet(site.entries)
    pd.concat([entries, entries.head(1)]).to_parquet(path := site.folder / "twice.parquet", index=False)
    with pytest.raises(TableError, match="is there twice"):
        LabelledPredictions.of_entries(path, site.frame, set())


def test_entries_of_a_csv_hold_the_same_numbers_or_are_refused(site):
    entries, path = pd.read_parquet(site.entries), site.folder / "entries.csv"
    entries.to_csv(path, index=False)
    ours, theirs = (LabelledPredictions.of_entries(one, site.frame, set()) for one in (site.entries, path))
    np.testing.assert_allclose(theirs.probabilities, ours.probabilities)
    entries.astype({"probability": str}).replace({"probability": {r"\.": ","}}, regex=True).to_csv(path, index=False)
    with pytest.raises(TableError, match=r"column probability holds '0,\d+'; give numbers"):
        LabelledPredictions.of_entries(path, site.frame, set())


def test_scores_stand_beside_the_labels_of_the_table(site):
    path = site.folder / "scores.csv"
    path.write_text(
        "file,status,probability_mass,probability_edema\n"
        f"{site.folder}/c.dcm,ok,0.25,0.5\n{site.folder}/d.dcm,ok,0.75,\nnote.txt,skipped,,\n"
    )
    labels = LabelledPredictions.of_scores(path, site.frame, site.folder)
    assert (labels.images, labels.findings) == (["c.dcm", "d.dcm"], ["mass", "edema"])
    np.testing.assert_array_equal(labels.probabilities, [[0.25, 0.5], [0.75, np.nan]])
    np.testing.assert_array_equal(labels.targets, [[0, 1], [np.nan, np.nan]])  # uncertain, and without a probability


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "file,probability_mass\nsomewhere/c.dcm,0.5\n",
            "image somewhere/c.dcm is not in the study table; .* --image-root",
        ),
        ("file,probability_mass\nc.dcm,high\n", "column probability_mass holds 'high'"),
        ("image,probability_mass\nc.dcm,0.5\n", "has no column file"),
        ("file,probability_mass\n", "holds no row"),
    ],
)
def test_scores_that_do_not_fit_are_refused(site, text, message):
    (site.folder / "scores.csv").write_text(text)
    with pytest.raises(TableError, match=message):
        LabelledPredictions.of_scores(site.folder / "scores.csv", site.frame)
