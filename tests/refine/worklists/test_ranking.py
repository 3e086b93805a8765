"""Rankings: by every method, for both units, and never again what was asked."""

import json

import numpy as np
import pytest

from lucency.errors import ConfigError, TableError
from lucency.refine.select import METHODS, entry_scores
from lucency.refine.worklists import LabelledPredictions, rank, read_ranking, write_ranking


@pytest.fixture
def labels(site):
    with site.open() as ledger:
        return site.predictions(ledger)


def test_entries_are_ranked_by_the_mean_of_two_networks(labels):
    ranked = rank(labels, budget=5, unit="entry")
    p = (labels.probabilities + labels.second) / 2
    surprise = np.where(labels.targets == 1, -np.log(p), -np.log1p(-p))
    best = np.argsort(-np.where(np.isnan(surprise), -np.inf, surprise), axis=None)[:5]
    expected = [(labels.images[row], labels.findings[column]) for row, column in zip(*np.divmod(best, 3), strict=True)]
    assert list(zip(ranked["image"], ranked["finding"], strict=True)) == expected
    np.testing.assert_allclose(ranked["score"], np.sort(surprise[np.isfinite(surprise)])[::-1][:5])
    assert ranked["rank"].tolist() == [1, 2, 3, 4, 5]


def test_disagreement_compares_the_networks(labels):
    ranked = rank(labels, budget=1, unit="entry", method="disagreement")
    assert ranked["score"].item() == np.nanmax(np.abs(labels.probabilities - labels.second))


@pytest.mark.filterwarnings("ignore:finding . lacks a label of either kind")
@pytest.mark.filterwarnings("ignore:May not flag all label issues")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("unit", ["image", "entry"])
def test_no_method_asks_what_was_asked_or_is_unknown(labels, method, unit):
    if method == "cleanlab":
        pytest.importorskip("cleanlab")
    already = np.zeros((6, 3), dtype=bool)
    already[:3] = True
    already[3, 0] = True
    if unit == "image":
        ranked = rank(labels, budget=3, method=method, unit=unit, already=already)
        assert sorted(ranked["image"]) == ["d.dcm", "e.png", "f.png"]
        assert set(ranked["finding"]) == {"all"}
    else:
        ranked = rank(labels, budget=7, method=method, unit=unit, already=already)
        cells = set(zip(ranked["image"], ranked["finding"], strict=True))
        assert not cells & {("d.dcm", "effusion"), ("d.dcm", "mass"), ("a.dcm", "edema")}
        assert len(cells) == 7
        assert {image for image, _ in cells} == {"d.dcm", "e.png", "f.png"}


def test_cleanlab_sees_each_finding_s_known_labels_alone(labels):
    cleanlab_filter = pytest.importorskip("cleanlab.filter")
    # 20 images, the first 4 labelled wrongly, an unknown one between
    targets = np.r_[np.zeros(10), np.ones(9), np.nan][:, None]
    p = np.r_[[0.95] * 4, [0.05] * 6, [0.9] * 10][:, None]
    many = LabelledPredictions([f"{at}" for at in range(20)], ["mass"], p, targets)
    known = ~np.isnan(targets[:, 0])
    issues = cleanlab_filter.find_label_issues(
        targets[known, 0].astype(int), np.c_[1 - p[known], p[known]], filter_by="prune_by_noise_rate"
    )
    ranked = rank(many, budget=int(issues.sum()), unit="entry", method="cleanlab")
    assert set(ranked["image"].astype(int)) == set(np.flatnonzero(known)[issues])
    assert issues.sum() > 0


def test_a_quota_gives_each_finding_its_share(labels):
    ranked = rank(labels, budget=6, unit="entry", quota={"mass": 2, "edema": 1})
    assert ranked["finding"].value_counts().to_dict() == {"mass": 4, "edema": 2}
    with pytest.raises(ConfigError, match="no finding 'fracture' to rank"):
        rank(labels, budget=1, quota={"fracture": 1})
    with pytest.raises(ConfigError, match="quota: 'most' is not known"):
        rank(labels, budget=1, quota="most")


def test_unknown_labels_count_where_they_are_wanted_and_predicted():
    p, targets = np.array([[0.5], [0.9], [np.nan]]), np.array([[np.nan], [1.0], [np.nan]])
    labels = LabelledPredictions(["a", "b", "c"], ["mass"], p, targets)
    assert rank(labels, budget=1, unit="entry", method="uncertainty")["image"].tolist() == ["b"]
    with pytest.warns(UserWarning, match="only 2 may be asked"):
        ranked = rank(labels, budget=3, unit="entry", method="uncertainty", query_unknown=True)
    assert ranked["image"].tolist() == ["a", "b"]


def test_variance_of_gradients_that_is_not_there_yet_is_said(labels):
    bare = LabelledPredictions(
        labels.images, labels.findings, labels.probabilities, labels.targets, vog=np.full((6, 3), np.nan)
    )
    with pytest.raises(ConfigError, match="vog: no label has one yet"):
        rank(bare, budget=1, method="vog")


def test_a_ranking_reads_back_and_knows_its_round(site, labels):
    ranked = rank(labels, budget=2, seed=3)
    with site.open() as ledger:
        record = write_ranking(ranked, site.folder / "r.csv", ledger, labels.findings, {"method": "cross_entropy"})
        read = read_ranking(site.folder / "r.csv", ledger)
    assert (read.round, read.findings, read.settings) == (1, labels.findings, {"method": "cross_entropy"})
    assert read.rows["image"].tolist() == ranked["image"].tolist()
    assert json.loads(record.read_text())["ranking"] == "r.csv"
    assert str(site.folder) not in record.read_text()


def test_a_ranking_that_was_altered_or_is_of_another_ledger_is_refused(site, labels):
    path = site.folder / "r.csv"
    with site.open() as ledger:
        write_ranking(rank(labels, budget=2), path, ledger, labels.findings, {})
        content = path.read_text()
        path.write_text(content.replace("all", "mass"))
        with pytest.raises(TableError, match=r"r.csv: is not as lucency refine rank left it"):
            read_ranking(path, ledger)
        path.write_text(content)
        beside = path.with_suffix(".json")
        record = json.loads(beside.read_text())
        beside.write_text(json.dumps({**record, "ledger": "0" * 64}))
        with pytest.raises(TableError, match="ranks labels of another ledger"):
            read_ranking(path, ledger)
        beside.unlink()
        with pytest.raises(TableError, match=r"r.json: is no record of a ranking"):
            read_ranking(path, ledger)


def test_the_score_of_an_image_leaves_out_what_was_asked(labels):
    already = np.zeros((6, 3), dtype=bool)
    already[:, 1:] = True
    ranked = rank(labels, budget=6, already=already)
    p = (labels.probabilities + labels.second) / 2
    only = entry_scores("cross_entropy", p[:, :1], labels.targets[:, :1])[:, 0]
    scores = dict(zip(ranked["image"], ranked["score"], strict=True))
    np.testing.assert_allclose([scores[image] for image in labels.images], only)
