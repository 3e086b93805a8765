"""One training step of the label-correlation bundle: by every option, and on awkward batches."""

import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser

from lucency.bundle import config_files
from lucency.bundle.runner import read_configuration
from lucency.losses import begin_batch, begin_epoch
from support import BUNDLE as SPML
from support import TINY

BUNDLE = SPML.with_name("cxr_label_correlation_classification")
OPTIONS = sorted((path.parent.name, path.stem) for path in (BUNDLE / "configs").glob("*/*.yaml"))


def configured(study, groups=None):
    """Network, loss and optimiser of a training configuration, before anything has been read but the table."""
    parser = ConfigParser(read_configuration(config_files(BUNDLE, "train", groups)))
    parser.update({**TINY, "image_size": 64, "dataset_dir": str(study)})
    return [parser.get_parsed_content(key) for key in ("network", "loss", "optimizer")]


def step(network, loss, optimizer, labels, seed=0):
    """Loss of one training step on random images with these labels, in the second epoch of three."""
    images = torch.rand(len(labels), 1, 64, 64, generator=torch.Generator().manual_seed(seed))
    begin_epoch(loss, 2, 3)
    begin_batch(loss, torch.arange(len(labels)))
    value = loss(network.train()(images), labels)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


LABELS = torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, torch.nan], [0.0, 1.0, 0.0], [0.9, torch.nan, 1.0]])


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_learns(group, option, study):
    parts = configured(study, {group: option})
    before = [parameter.clone() for parameter in parts[0].parameters()]
    assert all(np.isfinite(step(*parts, LABELS, seed)) for seed in range(2))
    assert all(torch.isfinite(parameter).all() for parameter in parts[0].parameters())
    assert any(not torch.equal(old, now) for old, now in zip(before, parts[0].parameters(), strict=True))
    assert all(parameter.grad is not None for parameter in parts[0].parameters())  # what DDP insists on


AWKWARD = {
    "no positives": torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, torch.nan]]),
    "one image": torch.tensor([[1.0, 0.0, 1.0]]),
    "all unknown": torch.full((3, 3), torch.nan),
    "all positive": torch.ones(3, 3),
    "soft labels alone": torch.full((3, 3), 0.7),
}


@pytest.mark.parametrize("labels", AWKWARD.values(), ids=AWKWARD)
@pytest.mark.parametrize("groups", [{}, {"contrast": "queue", "consistency": "js"}, {"contrast": "soft_pos"}], ids=str)
def test_an_awkward_batch_takes_a_finite_step(groups, labels, study):
    parts = configured(study, groups)
    for seed in range(2):  # in the second the queue is no longer empty
        assert np.isfinite(step(*parts, labels, seed))
    assert all(torch.isfinite(parameter).all() for parameter in parts[0].parameters())
