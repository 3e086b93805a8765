"""The MSML bundle from end to end: each loss, both heads, and the answers of training and inference alike."""

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from lucency.bundle import run_bundle
from support import BUNDLE as SPML
from support import FINDINGS, TINY, as_arguments, python

BUNDLE = SPML.with_name("cxr_msml_classification")
SMALL = {**TINY, "network_def#reduced_channels": [6, 6]}


@pytest.fixture(scope="module")
def trained(study, tmp_path_factory):
    """Checkpoint folder of a short training."""
    folder = tmp_path_factory.mktemp("run")
    run_bundle(BUNDLE, "train", overrides={**SMALL, "dataset_dir": str(study), "ckpt_dir": str(folder)})
    return folder


def test_training_improves_the_loss_and_leaves_finite_weights_of_both_heads(trained):
    history = pd.read_csv(trained / "history.csv")
    assert list(history.epoch) == [1, 2, 3]
    assert history.loss.iloc[-1] < history.loss.iloc[0]
    state = torch.load(trained / "model.pt", weights_only=True)
    assert all(torch.isfinite(tensor).all() for tensor in state.values())
    assert {"class_layers.out.weight", "bilinear.out.weight"} <= set(state)


def test_the_loss_is_the_mean_of_both_heads_losses(study, tmp_path):
    options = {**SMALL, "dataset_dir": str(study), "ckpt_dir": str(tmp_path), "max_epochs": 1}
    workflow = run_bundle(BUNDLE, "train", overrides=options)
    parser = workflow.parser
    network, loss = parser.get_parsed_content("network"), parser.get_parsed_content("loss")
    batch = next(iter(parser.get_parsed_content("train#dataloader")))
    images, targets = parser.get_parsed_content("train#prepare_batch")(batch)
    with torch.no_grad():
        heads = network.train()(images)
        total = parser.get_parsed_content("objective")(heads, targets)
        torch.testing.assert_close(total, sum(loss(head, targets) for head in heads) / 2)
    assert len(heads) == 2


@pytest.mark.parametrize("loss", sorted(file.stem for file in (BUNDLE / "configs" / "loss").glob("*.yaml")))
def test_every_loss_trains(loss, study, tmp_path):
    options = {**SMALL, "dataset_dir": str(study), "ckpt_dir": str(tmp_path), "max_epochs": 1}
    run_bundle(BUNDLE, "train", groups={"loss": loss}, overrides=options)
    chosen = yaml.safe_load((BUNDLE / "configs" / "loss" / f"{loss}.yaml").read_text())["loss"]
    assert yaml.safe_load((tmp_path / "config.yaml").read_text())["loss"] == chosen
    assert np.isfinite(pd.read_csv(tmp_path / "history.csv").loss).all()


def test_without_deep_supervision_one_loss_trains_the_mean(study, tmp_path):
    options = {**SMALL, "dataset_dir": str(study), "ckpt_dir": str(tmp_path), "max_epochs": 1}
    run_bundle(BUNDLE, "train", overrides={**options, "network_def#deep_supervision": False})
    assert np.isfinite(pd.read_csv(tmp_path / "history.csv").loss).all()


def test_inference_equals_evaluation(trained, study, tmp_path):
    places = {"dataset_dir": str(study), "ckpt_dir": str(trained), "output_dir": str(tmp_path / "evaluation")}
    run_bundle(BUNDLE, "evaluate", overrides={**SMALL, **places, "replicates": 5})
    network = {key: value for key, value in SMALL.items() if key.startswith("network_def")}
    options = {"findings": FINDINGS, "image_size": 32, "progress_bar": False, "check_image": False, **network}
    places = {"dataset_dir": study / "images", "weights": trained / "model.pt", "output_dir": tmp_path / "inference"}
    run_bundle(BUNDLE, "inference", overrides=options | {key: str(path) for key, path in places.items()})
    predictions = pd.read_csv(tmp_path / "inference" / "predictions.csv").set_index("file")
    scores = pd.read_csv(tmp_path / "evaluation" / "scores.csv")
    assert len(scores) == 8
    for _, row in scores.iterrows():
        for finding in FINDINGS:
            assert predictions.loc[row.file.rsplit("/", 1)[1], finding] == pytest.approx(
                row[f"probability_{finding}"], abs=1e-5
            )


@pytest.mark.slow
def test_two_ranks_train_one_network_from_any_folder(study, tmp_path):
    configs = BUNDLE / "configs"
    files = [f"{configs}/{name}.yaml" for name in ("train", "loss/two_way", "multi_gpu_train")]
    options = {**SMALL, "config_file": files, "dataset_dir": study, "ckpt_dir": tmp_path / "run", "batch_size": 4}
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = python(*launcher, "-m", "monai.bundle", "run", *as_arguments(options), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    state = torch.load(tmp_path / "run" / "model.pt", weights_only=True)
    assert not any(key.startswith("module.") for key in state)
    assert all(torch.isfinite(tensor).all() for tensor in state.values())
    assert len(pd.read_csv(tmp_path / "run" / "history.csv")) == SMALL["max_epochs"]
