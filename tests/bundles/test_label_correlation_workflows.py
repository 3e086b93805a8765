"""The label-correlation bundle from end to end: training, monitoring, resume, two ranks, evaluation, inference."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from monai.networks.nets import DenseNet121

import lucency.data
from lucency.bundle import run_bundle
from lucency.engines import RunCheckpoint
from lucency.errors import explanation
from support import BUNDLE as SPML
from support import FINDINGS, TINY, as_arguments, python

BUNDLE = SPML.with_name("cxr_label_correlation_classification")
CONFIGS = BUNDLE / "configs"
SMALL = {**TINY, "image_size": 64}  # a feature map of four places: with one, all findings would look at the same


def train(study, folder, groups=None, **overrides):
    places = {"dataset_dir": str(study), "ckpt_dir": str(folder)}
    return run_bundle(BUNDLE, "train", groups=groups, overrides={**SMALL, **places, **overrides})


def evaluate(study, folder, out, groups=None, **overrides):
    places = {"dataset_dir": str(study), "ckpt_dir": str(folder), "output_dir": str(out), "replicates": 5}
    run_bundle(BUNDLE, "evaluate", groups=groups, overrides={**SMALL, **places, **overrides})
    return pd.read_csv(out / "scores.csv")


def infer(study, weights, out, groups=None):
    network = {key: value for key, value in SMALL.items() if key.startswith("network_def")}
    options = {"findings": FINDINGS, "image_size": 64, "progress_bar": False, "check_image": False, **network}
    places = {"dataset_dir": str(study / "images"), "weights": str(weights), "output_dir": str(out)}
    run_bundle(BUNDLE, "inference", groups=groups, overrides=options | places)
    return pd.read_csv(out / "predictions.csv").set_index("file")


def weights(folder, name="model.pt"):
    return torch.load(folder / name, weights_only=True)


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(tensor, second[key]) for key, tensor in first.items())


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


class StopError(Exception):
    """Ends a run after its first epoch."""


def test_a_stopped_run_ends_with_the_weights_and_the_queue_of_an_unbroken_one(study, tmp_path, monkeypatch):
    groups = {"contrast": "queue"}
    unbroken, stopped = tmp_path / "unbroken", tmp_path / "stopped"
    train(study, unbroken, groups)
    save = RunCheckpoint._save

    def save_once(self, engine):
        save(self, engine)
        raise StopError

    monkeypatch.setattr(RunCheckpoint, "_save", save_once)
    with pytest.raises(RuntimeError) as caught:
        train(study, stopped, groups)
    assert isinstance(caught.value.__cause__, StopError)
    monkeypatch.undo()
    assert len(pd.read_csv(stopped / "history.csv")) == 1
    train(study, stopped, groups)
    first, second = (weights(folder, "last.pt") for folder in (unbroken, stopped))
    for part in ("network", "loss"):
        assert same(first[part], second[part])
    assert first["loss"]["contrast.queue.pushed"].min() > 0
    assert same(weights(unbroken), weights(stopped))
    assert (unbroken / "history.csv").read_text() == (stopped / "history.csv").read_text()
    assert [event.step for event in written(stopped)[0]] == [3, 6, 9]


def assert_alike(scores, predictions):
    assert len(scores) == 8
    for _, row in scores.iterrows():
        for finding in FINDINGS:
            expected = pytest.approx(row[f"probability_{finding}"], abs=1e-5)
            assert predictions.loc[row.file.rsplit("/", 1)[1], finding] == expected


def test_inference_equals_evaluation(trained, study, folder, tmp_path):
    scores = evaluate(study, folder, tmp_path / "evaluation")
    assert_alike(scores, infer(study, folder / "model.pt", tmp_path / "inference"))


@pytest.mark.parametrize("rung", ["bce", "decomposition"])
def test_a_rung_with_another_network_is_evaluated_and_predicts_by_its_name(rung, study, tmp_path):
    groups = {"ladder": rung}
    run = train(study, tmp_path, groups, max_epochs=1)
    assert (type(run.parser.get_parsed_content("network")) is DenseNet121) == (rung == "bce")
    assert "local_variation" not in run.parser.get_parsed_content("train#trainer").state.metrics
    scores = evaluate(study, tmp_path, tmp_path / "evaluation", groups)
    assert_alike(scores, infer(study, tmp_path / "model.pt", tmp_path / "inference", groups))
    with pytest.raises(Exception) as caught:  # noqa: PT011 - MONAI wraps it
        infer(study, tmp_path / "model.pt", tmp_path / "without")
    assert "made for another network than LabelCorrelationDenseNet" in explanation(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("option", ["contrast/queue", "ladder/global"])
def test_monais_own_runner_trains_on_two_ranks_from_any_folder(option, study, tmp_path):
    files = [f"{CONFIGS}/{name}.yaml" for name in ("train", option, "multi_gpu_train")]
    options = {**SMALL, "config_file": files, "dataset_dir": study, "ckpt_dir": tmp_path / "run", "batch_size": 4}
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = python(*launcher, "-m", "monai.bundle", "run", *as_arguments(options), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    last = weights(tmp_path / "run", "last.pt")
    assert not any(key.startswith("module.") for key in last["network"])
    assert all(torch.isfinite(tensor).all() for tensor in last["network"].values())
    history = pd.read_csv(tmp_path / "run" / "history.csv")
    assert list(history.epoch) == [1, 2, 3]
    assert np.isfinite(history.loss).all()
    if option == "contrast/queue":
        held = last["loss"]["contrast.queue.images"]
        assert set(held[held >= 0].tolist()) <= set(range(24))
        assert last["loss"]["contrast.queue.pushed"].min() > 0
