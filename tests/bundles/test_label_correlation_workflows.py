"""The label-correlation bundle from end to end: training, monitoring, resume, two ranks, evaluation, inference."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from monai.networks.nets import DenseNet121

import lucency.data
from lucency.bundle import run_bundle
from lucency.errors import explanation
from runs import assert_inference_equals_evaluation, infer, same, stopping, train_on_two_ranks, weights
from support import BUNDLE as SPML
from support import FINDINGS, TINY

BUNDLE = SPML.with_name("cxr_label_correlation_classification")
CONFIGS = BUNDLE / "configs"
SMALL = {**TINY, "image_size": 64}  # a feature map of four places: with one, all findings would look at the same


def train(study, folder, groups=None, **overrides):
    places = {"dataset_dir": str(study), "ckpt_dir": str(folder)}
    return run_bundle(BUNDLE, "train", groups=groups, overrides={**SMALL, **places, **overrides})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def trained(study, folder):
    """Finished workflow of a short training; its checkpoints are in `folder`."""
    return train(study, folder)


def written(folder):
    """What TensorBoard shows of a run's correlations."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tensorboard" / "correlations"))
    events.Reload()
    return events.Scalars("correlations/local_variation"), events.Images("label correlations")


def test_training_leaves_finite_weights_a_curve_and_the_parts_of_the_loss(trained, folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    history = pd.read_csv(folder / "history.csv")
    assert list(history.epoch) == [1, 2, 3]
    assert history[["loss", "val_macro_auroc"]].notna().all(axis=None)
    assert history["local_variation"].gt(0).all()
    assert all(torch.isfinite(tensor).all() for tensor in weights(folder).values())
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    parts = {f"loss/{part}" for part in ("classification", "consistency", "anchor", "contrast", "local_variance")}
    assert parts < set(events.Tags()["scalars"])
    assert [event.value for event in events.Scalars("loss/consistency")][-1] > 0


def test_the_monitor_writes_every_epoch_beside_the_other_curves(trained, folder):
    variations, pictures = written(folder)
    assert [event.step for event in variations] == [3, 6, 9]
    last = trained.parser.get_parsed_content("train#trainer").state.metrics["local_variation"]
    assert variations[-1].value == pytest.approx(last, rel=1e-5) != 0
    assert len(pictures) == 3


def test_co_occurrence_is_counted_in_training_images_alone(trained, study):
    table = pd.read_csv(study / "table.csv").query("split == 'train'")[FINDINGS]
    present = table == "positive"  # silence is absence, so every label is known
    shares = np.array([present[present[finding]].mean() + 1e-4 for finding in FINDINGS])
    shares /= shares.sum(axis=1, keepdims=True)
    counted = trained.parser.get_parsed_content("cooccurrence")
    np.testing.assert_allclose(counted, shares)
    np.testing.assert_allclose(trained.parser.get_parsed_content("loss").anchor.cooccurrence, shares)


def test_the_table_is_read_once_for_each_split(study, tmp_path, monkeypatch):
    splits, read = [], lucency.data.load_records

    def counted(*args, **kwargs):
        splits.append(kwargs["split"])
        return read(*args, **kwargs)

    monkeypatch.setattr(lucency.data, "load_records", counted)
    train(study, tmp_path, max_epochs=1)
    assert sorted(splits) == ["train", "val"]


def test_a_classification_loss_that_learns_about_images_works_too(study, tmp_path):
    role = {"_target_": "lucency.losses.OnlineLabelEstimationLoss", "training_targets": "@train#dataset#data"}
    (tmp_path / "role.yaml").write_text(f"classification: { ({**role, 'expected_positives': 1.2, 'seed': 0}) }")
    shutil.copytree(CONFIGS, tmp_path / "bundle" / "configs")
    shutil.copy(tmp_path / "role.yaml", tmp_path / "bundle" / "configs" / "classification")
    places = {"dataset_dir": str(study), "ckpt_dir": str(tmp_path / "run")}
    options = {**SMALL, **places, "max_epochs": 1, "unmentioned": "unknown"}
    run_bundle(tmp_path / "bundle", "train", groups={"classification": "role"}, overrides=options)
    assert any("estimates" in name for name in weights(tmp_path / "run", "last.pt")["loss"])


def test_one_finding_trains_image_by_image(study, tmp_path):
    train(study, tmp_path, {"contrast": "queue"}, findings=["cardiomegaly"], batch_size=1, max_epochs=1)
    assert np.isfinite(pd.read_csv(tmp_path / "history.csv").loss).all()
    assert all(torch.isfinite(tensor).all() for tensor in weights(tmp_path).values())


def test_bfloat16_trains_too(study, tmp_path):
    run = train(study, tmp_path, cpu_bfloat16=True, max_epochs=1)
    assert np.isfinite(pd.read_csv(tmp_path / "history.csv").loss).all()
    assert run.parser.get_parsed_content("train#trainer").state.metrics["local_variation"] > 0


def test_a_stopped_run_ends_with_the_weights_and_the_queue_of_an_unbroken_one(study, tmp_path, monkeypatch):
    groups = {"contrast": "queue"}
    unbroken, stopped = tmp_path / "unbroken", tmp_path / "stopped"
    train(study, unbroken, groups)
    with stopping(monkeypatch):
        train(study, stopped, groups)
    assert len(pd.read_csv(stopped / "history.csv")) == 1
    train(study, stopped, groups)
    first, second = (weights(folder, "last.pt") for folder in (unbroken, stopped))
    for part in ("network", "loss"):
        assert same(first[part], second[part])
    assert first["loss"]["contrast.queue.pushed"].min() > 0
    assert same(weights(unbroken), weights(stopped))
    assert (unbroken / "history.csv").read_text() == (stopped / "history.csv").read_text()
    assert [event.step for event in written(stopped)[0]] == [3, 6, 9]


def test_inference_equals_evaluation(trained, study, folder, tmp_path):
    assert_inference_equals_evaluation(BUNDLE, SMALL, study, folder, tmp_path)


@pytest.mark.parametrize("rung", ["bce", "decomposition"])
def test_a_rung_with_another_network_is_evaluated_and_predicts_by_its_name(rung, study, tmp_path):
    groups = {"ladder": rung}
    run = train(study, tmp_path, groups, max_epochs=1)
    assert (type(run.parser.get_parsed_content("network")) is DenseNet121) == (rung == "bce")
    assert "local_variation" not in run.parser.get_parsed_content("train#trainer").state.metrics
    assert_inference_equals_evaluation(BUNDLE, SMALL, study, tmp_path, tmp_path, groups)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - MONAI wraps it
        infer(BUNDLE, SMALL, study / "images", tmp_path / "model.pt", tmp_path / "without")
    assert "made for another network than LabelCorrelationDenseNet" in explanation(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("option", ["contrast/queue", "ladder/global"])
def test_monais_own_runner_trains_on_two_ranks_from_any_folder(option, study, tmp_path):
    run = train_on_two_ranks(BUNDLE, ("train", option), tmp_path, **SMALL, dataset_dir=study)
    history = pd.read_csv(run / "history.csv")
    assert list(history.epoch) == [1, 2, 3]
    assert np.isfinite(history.loss).all()
    if option == "contrast/queue":
        last = weights(run, "last.pt")
        held = last["loss"]["contrast.queue.images"]
        assert set(held[held >= 0].tolist()) <= set(range(24))
        assert last["loss"]["contrast.queue.pushed"].min() > 0
