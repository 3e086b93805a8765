"""The bundle's workflows from end to end, in this process."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from lucency.bundle import run_bundle
from lucency.errors import explanation
from support import BUNDLE, FINDINGS, TINY


@pytest.fixture(scope="module")
def trained(study, tmp_path_factory):
    """Checkpoint folder of a short training."""
    folder = tmp_path_factory.mktemp("run")
    run_bundle(BUNDLE, "train", overrides={**TINY, "dataset_dir": str(study), "ckpt_dir": str(folder)})
    return folder


def infer(folder, weights, out, **overrides):
    network = {key: value for key, value in TINY.items() if key.startswith("network_def")}
    options = {
        "findings": FINDINGS,
        "image_size": 32,
        "progress_bar": False,
        "check_image": False,
        **network,
        **overrides,
    }
    run_bundle(
        BUNDLE,
        "inference",
        overrides={**options, "dataset_dir": str(folder), "weights": str(weights), "output_dir": str(out)},
    )
    return pd.read_csv(out / "predictions.csv", keep_default_na=False)


def test_training_leaves_checkpoints_record_and_curves(trained, study):
    assert {"model.pt", "last.pt", "history.csv", "config.yaml", "run.json"} <= {f.name for f in trained.iterdir()}
    history = pd.read_csv(trained / "history.csv")
    assert list(history.epoch) == [1, 2, 3]
    assert history[["loss", "val_macro_auroc", "val_macro_average_precision"]].notna().all(axis=None)
    record = json.loads((trained / "run.json").read_text())
    assert record["seed"] == 0
    assert list(record["data"]) == [str(study / "table.csv")]
    assert all(len(fingerprint) == 64 for fingerprint in record["data"].values())
    assert yaml.safe_load((trained / "config.yaml").read_text())["max_epochs"] == 3
    assert list((trained / "tensorboard").glob("events*"))


def test_tensorboard_holds_losses_findings_and_images(trained):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(trained / "tensorboard"))
    events.Reload()
    tags = events.Tags()
    assert {"loss/train", "validation/val_macro_auroc"} <= set(tags["scalars"])
    assert any(tag.startswith("validation AUROC/") for tag in tags["scalars"])
    assert any("training images" in tag for tag in tags["images"])


def test_a_wrong_setting_ends_the_run_before_images_are_read(study, tmp_path):
    shutil.copytree(study, tmp_path / "study")
    for image in (tmp_path / "study" / "images").iterdir():
        image.write_bytes(b"no image")
    overrides = {**TINY, "dataset_dir": str(tmp_path / "study"), "ckpt_dir": str(tmp_path / "run")}
    with pytest.raises(Exception) as caught:  # noqa: PT011 - MONAI wraps it
        run_bundle(BUNDLE, "train", groups={"loss": "wan"}, overrides={**overrides, "loss#gamma": 7})
    assert explanation(caught.value) == "WeakAssumeNegativeLoss: gamma is 7; give a number from 0 to 1"


def test_the_saved_configuration_runs_by_itself(trained, study, tmp_path):
    from monai.bundle import ConfigWorkflow

    workflow = ConfigWorkflow(
        config_file=str(trained / "config.yaml"),
        meta_file=str(BUNDLE / "configs" / "metadata.json"),
        ckpt_dir=str(tmp_path),
        max_epochs=1,
    )
    workflow.initialize()
    workflow.run()
    assert pd.read_csv(tmp_path / "history.csv").loss[0] == pd.read_csv(trained / "history.csv").loss[0]


@pytest.mark.parametrize("loss", sorted(f.stem for f in (BUNDLE / "configs" / "loss").glob("*.yaml")))
def test_every_loss_trains(loss, study, tmp_path):
    options = {**TINY, "dataset_dir": str(study), "ckpt_dir": str(tmp_path), "max_epochs": 1}
    run_bundle(BUNDLE, "train", groups={"loss": loss}, overrides=options)
    chosen = yaml.safe_load((BUNDLE / "configs" / "loss" / f"{loss}.yaml").read_text())["loss"]
    written = yaml.safe_load((tmp_path / "config.yaml").read_text())["loss"]
    assert {k: v.replace("::", "#") if isinstance(v, str) else v for k, v in written.items()} == chosen
    assert np.isfinite(pd.read_csv(tmp_path / "history.csv").loss).all()


def test_evaluation_writes_scores_and_metrics_that_agree(trained, study, tmp_path):
    from sklearn.metrics import roc_auc_score

    options = {**TINY, "dataset_dir": str(study), "ckpt_dir": str(trained), "output_dir": str(tmp_path)}
    run_bundle(BUNDLE, "evaluate", overrides={**options, "replicates": 20, "split": "train"})
    scores, metrics = pd.read_csv(tmp_path / "scores.csv"), pd.read_csv(tmp_path / "metrics.csv")
    assert len(scores) == 24
    known = scores[scores.target_effusion.notna()]
    got = metrics.query("group == 'all' and finding == 'effusion'").auroc.item()
    assert got == pytest.approx(roc_auc_score(known.target_effusion, known.probability_effusion), abs=1e-6)


def test_inference_equals_the_network_on_the_training_preprocessing(trained, study, tmp_path):
    options = {**TINY, "dataset_dir": str(study), "ckpt_dir": str(trained), "output_dir": str(tmp_path / "eval")}
    run_bundle(BUNDLE, "evaluate", overrides={**options, "replicates": 5})
    scores = pd.read_csv(tmp_path / "eval" / "scores.csv")
    predictions = infer(study / "images", trained / "model.pt", tmp_path / "infer").set_index("file")
    for _, row in scores.iterrows():
        for finding in FINDINGS:
            expected = float(predictions.loc[row.file.rsplit("/", 1)[1], finding])
            assert expected == pytest.approx(row[f"probability_{finding}"], abs=1e-5)


def test_probabilities_do_not_depend_on_the_batch_or_on_bad_neighbours(trained, study, tmp_path):
    whole = infer(study / "images", trained / "model.pt", tmp_path / "a", batch_size=16).set_index("file")
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for name in ("00.png", "01.png"):
        (mixed / name).write_bytes((study / "images" / name).read_bytes())
    (mixed / "00broken.png").write_bytes(b"\x89PNG\r\n")
    (mixed / "readme.txt").write_text("not an image")
    rows = infer(mixed, trained / "model.pt", tmp_path / "b", batch_size=3).set_index("file")
    assert dict(rows.status) == {"00.png": "ok", "00broken.png": "failed", "01.png": "ok", "readme.txt": "skipped"}
    assert "00broken.png" in rows.loc["00broken.png"].reason
    assert rows.loc["00broken.png", "effusion"] == ""
    for name in ("00.png", "01.png"):
        assert rows.loc[name, FINDINGS].astype(float).to_numpy() == pytest.approx(
            whole.loc[name, FINDINGS].astype(float).to_numpy(), abs=1e-5
        )


def test_cropping_is_a_switch(trained, study, tmp_path):
    padded = infer(study / "images", trained / "model.pt", tmp_path / "a")
    cropped = infer(study / "images", trained / "model.pt", tmp_path / "b", fit="crop")
    assert not np.allclose(padded.effusion.astype(float), cropped.effusion.astype(float))


def failure(workflow, **overrides):
    """One-line explanation of a run that must fail."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 -- MONAI wraps it; the explanation is what counts
        run_bundle(BUNDLE, workflow, overrides={**TINY, **overrides})
    message = explanation(caught.value)
    assert message is not None
    assert "\n" not in message
    return message


def test_missing_weights_end_with_an_error_and_no_table(study, tmp_path):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        infer(study / "images", tmp_path / "model.pt", tmp_path / "out")
    assert "no weights there" in explanation(caught.value)
    assert not (tmp_path / "out" / "predictions.csv").exists()


def test_weights_of_another_architecture_name_what_does_not_fit(study, tmp_path):
    torch.save(torch.nn.Linear(2, 2).state_dict(), tmp_path / "model.pt")
    with pytest.raises(Exception) as caught:  # noqa: PT011
        infer(study / "images", tmp_path / "model.pt", tmp_path / "out")
    assert "made for another network than DenseNet121" in explanation(caught.value)


def test_wrong_table_path(tmp_path):
    assert "table.csv" in failure("train", dataset_dir=str(tmp_path), ckpt_dir=str(tmp_path))


def test_table_with_a_missing_column(study, tmp_path):
    frame = pd.read_csv(study / "table.csv")
    frame["image"] = [str(study / image) for image in frame.image]
    frame.drop(columns="patient").to_csv(tmp_path / "table.csv", index=False)
    assert "patient" in failure("train", dataset_dir=str(tmp_path), ckpt_dir=str(tmp_path))


def test_a_folder_with_another_run_is_not_overwritten(trained, study):
    message = failure("train", dataset_dir=str(study), ckpt_dir=str(trained), learning_rate=0.5)
    assert "differs in learning_rate" in message
    assert "--resume False" in message


def test_a_folder_with_a_run_on_other_data_is_not_overwritten(trained, study, tmp_path):
    frame = pd.read_csv(study / "table.csv")
    frame["image"] = [str(study / image) for image in frame.image]
    frame.loc[0, "effusion"] = "negative" if frame.loc[0, "effusion"] == "positive" else "positive"
    frame.to_csv(tmp_path / "table.csv", index=False)
    assert "content of the study table" in failure("train", dataset_dir=str(tmp_path), ckpt_dir=str(trained))


def test_a_finished_run_that_is_started_again_changes_nothing(trained, study):
    before = {name: (trained / name).read_bytes() for name in ("model.pt", "last.pt", "history.csv")}
    run_bundle(BUNDLE, "train", overrides={**TINY, "dataset_dir": str(study), "ckpt_dir": str(trained)})
    assert before == {name: (trained / name).read_bytes() for name in before}


def test_a_loss_that_explodes_stops_the_run_with_one_line(study, tmp_path):
    message = failure("train", dataset_dir=str(study), ckpt_dir=str(tmp_path), learning_rate=1e30)
    assert "finite" in message or "loss is" in message
