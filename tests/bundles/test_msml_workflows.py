"""The MSML bundle from end to end: each loss, both heads, and the answers of training and inference alike."""

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from lucency.bundle import run_bundle
from runs import assert_inference_equals_evaluation, train_on_two_ranks
from support import BUNDLE as SPML
from support import TINY

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
    assert_inference_equals_evaluation(BUNDLE, SMALL, study, trained, tmp_path)


@pytest.mark.slow
def test_two_ranks_train_one_network_from_any_folder(study, tmp_path):
    run = train_on_two_ranks(BUNDLE, ("train", "loss/two_way"), tmp_path, **SMALL, dataset_dir=study)
    assert len(pd.read_csv(run / "history.csv")) == SMALL["max_epochs"]
