"""The label-refinement bundle from end to end: both phases, resume, every option, evaluation, inference, two ranks."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from lucency.bundle import run_bundle
from lucency.data import read_study_table, write_study_table
from lucency.errors import explanation
from lucency.refine.trusted import trusted_table
from runs import assert_inference_equals_evaluation, same, stopping, train_on_two_ranks, weights
from support import BUNDLE as SPML
from support import FINDINGS, TINY

BUNDLE = SPML.with_name("cxr_label_refinement_classification")
CONFIGS = BUNDLE / "configs"
OPTIONS = sorted((path.parent.name, path.stem) for path in CONFIGS.glob("*/*.yaml") if path.parent.name != "phase")
RATE = 0.3
SMALL = {**TINY, "max_epochs": 4, "unmentioned": "unknown", "phase#snapshots": 2, "phase#rates#positive": RATE}
PLAIN = {key: value for key, value in SMALL.items() if not key.startswith("phase")}


def train(study, folder, groups=None, **overrides):
    places = {"dataset_dir": str(study), "ckpt_dir": str(folder)}
    return run_bundle(BUNDLE, "train", groups=groups, overrides={**SMALL, **places, **overrides})


@pytest.fixture(scope="module")
def trained(study, tmp_path_factory):
    """Checkpoint folder of phase 1."""
    folder = tmp_path_factory.mktemp("run")
    train(study, folder)
    return folder


@pytest.fixture(scope="module")
def trusted(study, trained, tmp_path_factory):
    """Study table of the labels that both networks keep, and of one that a reader gave; with absolute image paths."""
    frame, entries = read_study_table(study / "table.csv"), pd.read_parquet(trained / "entries.parquet")
    dropped = entries[~entries.kept].iloc[0]
    table = trusted_table(frame, entries, [(dropped.image, dropped.finding)])
    table["image"] = [str(study / image) for image in table["image"]]
    path = tmp_path_factory.mktemp("trusted") / "trusted.csv"
    write_study_table(table, path)
    return path


def test_phase_1_leaves_finite_weights_a_curve_and_both_networks(trained):
    history = pd.read_csv(trained / "history.csv")
    assert list(history.epoch) == [1, 2, 3, 4]
    assert history[["loss", "val_macro_auroc"]].notna().all(axis=None)
    best, last = weights(trained), weights(trained, "last.pt")
    assert all(torch.isfinite(tensor).all() for tensor in best.values())
    assert set(last["network"]) == {f"{which}.{name}" for which in ("first", "second") for name in best}
    assert last["loss"]["keep"].shape == (2, 24, 3)


def test_entries_tell_of_every_known_label_and_keep_the_right_share_of_each_kind(trained, study):
    entries = pd.read_parquet(trained / "entries.parquet")
    table = pd.read_csv(study / "table.csv").query("split == 'train'")
    known = table.melt(["image"], FINDINGS, "finding", "state").query("state != 'unmentioned'")
    merged = known.merge(entries, on=["image", "finding"], how="outer")
    assert len(merged) == len(entries) == len(known)
    assert (merged.observed == (merged.state == "positive")).all()
    assert entries[["probability", "loss", "vog", "probability_second", "vog_second"]].notna().all(axis=None)
    for (finding, observed), rows in entries.groupby(["finding", "observed"]):
        labels = entries[entries.finding == finding].observed
        rate = RATE if observed else min(0.02, labels.mean() / 2)
        kept = int(np.ceil(len(rows) * (1 - rate) - 1e-9))
        assert rows.kept.sum() == rows.kept_second.sum() == kept
    assert not entries.kept.equals(entries.kept_second)


def test_the_networks_learn_from_what_is_written_there(trained, study):
    entries = pd.read_parquet(trained / "entries.parquet")
    images = sorted(pd.read_csv(study / "table.csv").query("split == 'train'").image)
    rows, columns = entries.image.map(images.index), entries.finding.map(FINDINGS.index)
    keep = weights(trained, "last.pt")["loss"]["keep"].numpy()
    for mask, column in zip(keep, ("kept", "kept_second"), strict=True):
        assert (mask[rows, columns] == entries[column]).all()


def test_a_folder_with_another_run_is_refused_by_its_record_before_its_snapshots(study, trained):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - MONAI wraps it
        train(study, trained, findings=FINDINGS[:2])
    assert "differs in findings" in explanation(caught.value)


def test_a_stopped_run_ends_as_an_unbroken_one(study, trained, tmp_path, monkeypatch):
    with stopping(monkeypatch, epoch=3, saved=False):
        train(study, tmp_path)
    assert len(pd.read_csv(tmp_path / "history.csv")) == 2
    train(study, tmp_path)
    first, second = (weights(folder, "last.pt") for folder in (trained, tmp_path))
    for part in ("network", "loss"):
        assert same(first[part], second[part])
    assert same(weights(trained), weights(tmp_path))
    for name in ("history.csv", "noise_rates.csv", "entries.parquet"):
        assert (trained / name).read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_trains(group, option, study, tmp_path):
    settings = {key: value for key, value in PLAIN.items() if key != "max_epochs"}
    places = {"dataset_dir": str(study), "ckpt_dir": str(tmp_path), "max_epochs": 1}
    run_bundle(BUNDLE, "train", groups={group: option}, overrides={**settings, **places})
    assert np.isfinite(pd.read_csv(tmp_path / "history.csv").loss).all()
    entries = pd.read_parquet(tmp_path / "entries.parquet")
    assert not entries.kept.all()
    assert entries.vog.isna().all()


def test_phase_2_begins_with_the_first_network_and_sees_trusted_labels_alone(study, trained, trusted, tmp_path):
    places = {"table": str(trusted), "ckpt_dir": str(tmp_path), "weights": str(trained / "model.pt")}
    options = {**PLAIN, **places, "max_epochs": 1, "learning_rate": 1e-12}
    workflow = run_bundle(BUNDLE, "train", groups={"phase": "trusted"}, overrides=options)
    start, end = weights(trained), weights(tmp_path)
    learned = [name for name in start if "running" not in name and "num_batches" not in name]
    assert all(torch.allclose(start[name], end[name], atol=1e-9) for name in learned)
    entries = pd.read_parquet(trained / "entries.parquet")
    labels = np.stack([record["label"] for record in workflow.parser.get_parsed_content("train#dataset#data")])
    assert (~np.isnan(labels)).sum() == (entries.kept & entries.kept_second).sum() + 1


def test_phase_2_learns_and_is_evaluated(study, trained, trusted, tmp_path):
    groups, places = {"phase": "trusted"}, {"table": str(trusted), "ckpt_dir": str(tmp_path / "run")}
    begin = {**PLAIN, **places, "weights": str(trained / "model.pt")}
    run_bundle(BUNDLE, "train", groups=groups, overrides={**begin, "max_epochs": 2})
    assert weights(tmp_path / "run", "last.pt")["loss"] == {}
    assert not same(weights(trained), weights(tmp_path / "run"))
    options = {**PLAIN, **places, "output_dir": str(tmp_path / "evaluation"), "replicates": 5}
    run_bundle(BUNDLE, "evaluate", groups=groups, overrides=options)
    assert len(pd.read_csv(tmp_path / "evaluation" / "scores.csv")) == 8


def test_inference_equals_evaluation_of_the_first_network(trained, study, tmp_path):
    assert_inference_equals_evaluation(BUNDLE, SMALL, study, trained, tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"phase#mix": 2}, "mix is 2; give a number from 0 to 1"),
        ({"phase#rates#method": "gmn"}, "did you mean 'gmm'?"),
        ({"phase#rates#positive": 1.5}, "give a number from 0"),
        ({"phase#mxi": 0.1}, "did you mean 'phase::mix'?"),
        ({"rates#positive": 0.1}, "no such key; did you mean 'phase::rates::positive'?"),
        ({"classification#_target_": "torch.nn.BCEWithLogitsLoss"}, "classification is a BCEWithLogitsLoss"),
        ({"networks#second": "@networks#first"}, "first and second are one network"),
    ],
)
def test_a_wrong_setting_ends_the_run_before_images_are_read(settings, message, study, tmp_path):
    shutil.copytree(study, tmp_path / "study")
    for image in (tmp_path / "study" / "images").iterdir():
        image.write_bytes(b"no image")
    with pytest.raises(Exception) as caught:  # noqa: PT011 - MONAI wraps it
        train(tmp_path / "study", tmp_path / "run", **settings)
    assert message in explanation(caught.value)


@pytest.mark.slow
def test_monais_own_runner_trains_on_two_ranks_from_any_folder(study, trained, tmp_path):
    run = train_on_two_ranks(BUNDLE, ("train",), tmp_path, **SMALL, dataset_dir=study)
    assert np.isfinite(pd.read_csv(run / "history.csv").loss).all()
    assert weights(run).keys() == weights(trained).keys()
    entries, alone = (pd.read_parquet(folder / "entries.parquet") for folder in (run, trained))
    named = ["image", "patient", "finding", "observed"]
    pd.testing.assert_frame_equal(entries[named], alone[named])
    assert entries[["vog", "vog_second"]].notna().all(axis=None)
