"""A sum of losses: composed in YAML, checked once, told what its parts want to know."""

import pytest
import torch
import yaml
from monai.bundle import ConfigParser
from torch import nn

from lucency.errors import ConfigError
from lucency.losses import (
    AssumeNegativeLoss,
    CellLoss,
    EpochAware,
    MaskedBCELoss,
    MultiLabelSoftmaxLoss,
    PositiveProductLoss,
    SampleIndexed,
    WeightedSumLoss,
    begin_batch,
    begin_epoch,
)

NAN = torch.nan


def batch(seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(8, 4, generator=generator, dtype=torch.float64)
    states = torch.randint(0, 4, (8, 4), generator=generator)
    return logits, torch.tensor([1.0, 0.0, 0.3, NAN], dtype=torch.float64)[states]


def test_a_weight_of_zero_leaves_the_rest():
    pair = batch()
    loss = WeightedSumLoss(losses=[MaskedBCELoss(), MultiLabelSoftmaxLoss()], weights=[1, 0])
    assert torch.equal(loss(*pair), MaskedBCELoss()(*pair))


def test_it_is_composed_in_yaml():
    text = """
    loss:
      _target_: lucency.losses.WeightedSumLoss
      losses:
        - _target_: lucency.losses.MaskedBCELoss
        - _target_: lucency.losses.MultiLabelSoftmaxLoss
          form: prob
        - _target_: lucency.losses.PositiveProductLoss
      weights: [1.0, 0.1, 0.3]
    """
    loss = ConfigParser(yaml.safe_load(text)).get_parsed_content("loss")
    pair = batch()
    parts = MaskedBCELoss(), MultiLabelSoftmaxLoss(form="prob"), PositiveProductLoss()
    expected = sum(weight * part(*pair) for weight, part in zip([1.0, 0.1, 0.3], parts, strict=True))
    torch.testing.assert_close(loss(*pair), expected)
    assert "weights=[1.0, 0.1, 0.3]" in str(loss)
    assert "form=prob" in str(loss)


def test_a_sum_of_sums_is_a_sum():
    pair = batch()
    inner = WeightedSumLoss(losses=[MaskedBCELoss(), PositiveProductLoss()], weights=[1, 2])
    torch.testing.assert_close(
        WeightedSumLoss(losses=[inner], weights=[3])(*pair),
        WeightedSumLoss(losses=[MaskedBCELoss(), PositiveProductLoss()], weights=[3, 6])(*pair),
    )


def test_inputs_are_checked_once(monkeypatch):
    calls = []
    prepare = WeightedSumLoss.prepare

    def counted(self, logits, targets):
        calls.append(self)
        return prepare(self, logits, targets)

    for loss in (WeightedSumLoss, MaskedBCELoss, MultiLabelSoftmaxLoss):
        monkeypatch.setattr(loss, "prepare", counted)
    loss = WeightedSumLoss(losses=[MaskedBCELoss(), MultiLabelSoftmaxLoss()], weights=[1, 1])
    loss(*batch())
    assert calls == [loss]


class RememberingLoss(CellLoss, EpochAware, SampleIndexed):
    """Weighs each image by its index and the epoch, and remembers what it saw."""

    def __init__(self):
        super().__init__(reduction="sum")
        self.register_buffer("seen", torch.zeros(10, dtype=torch.float64))

    def cell_terms(self, logits, targets, known):
        index = self.index_of(logits, images=10)
        self.seen[index] += 1
        return logits * self.epoch * index[:, None], torch.ones_like(logits)


def test_parts_are_told_epoch_and_images_and_keep_their_state():
    loss = WeightedSumLoss(losses=[AssumeNegativeLoss(), RememberingLoss()], weights=[0, 1])
    with pytest.raises(ConfigError, match="RememberingLoss"):
        loss(*batch())
    begin_epoch(loss, 2, 5)
    begin_batch(loss, torch.arange(8))
    logits, targets = batch()
    torch.testing.assert_close(loss(logits, targets), (logits.sum(dim=1) * 2 * torch.arange(8)).sum())
    assert loss.state_dict()["losses.1.seen"].tolist() == [1.0] * 8 + [0.0] * 2


@pytest.mark.parametrize(
    ("losses", "weights", "message"),
    [
        ([], [], "0 losses and 0 weights"),
        ([MaskedBCELoss()], [1, 2], "1 losses and 2 weights"),
        ([nn.BCEWithLogitsLoss()], [1], "losses holds a BCEWithLogitsLoss, which knows no unknown labels"),
        ([MaskedBCELoss()], [-1], "weights holds -1"),
        ([MaskedBCELoss()], [NAN], "weights holds nan"),
    ],
)
def test_nonsense_is_refused(losses, weights, message):
    with pytest.raises(ConfigError, match=f"WeightedSumLoss: {message}"):
        WeightedSumLoss(losses=losses, weights=weights)
