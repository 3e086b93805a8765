"""Masked binary cross entropy against torch's own, its class weights and their bound."""

import pytest
import torch
from torch import nn

from lucency.errors import ConfigError, LucencyError
from lucency.losses import MaskedBCELoss, pos_weight_from_targets

NAN = torch.nan


def fully_labelled(seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 5 * torch.randn(8, 3, generator=generator, dtype=torch.float64)
    return logits, torch.rand(8, 3, generator=generator, dtype=torch.float64).round(decimals=1)


@pytest.mark.parametrize("pos_weight", [None, [0.5, 2.0, 7.0]])
def test_fully_labelled_it_is_the_bce_of_torch(pos_weight):
    logits, targets = fully_labelled()
    weight = None if pos_weight is None else torch.tensor(pos_weight, dtype=torch.float64)
    torch.testing.assert_close(
        MaskedBCELoss(pos_weight=pos_weight)(logits, targets), nn.BCEWithLogitsLoss(pos_weight=weight)(logits, targets)
    )


def test_it_is_the_bce_of_torch_on_the_known_cells():
    logits, targets = fully_labelled()
    targets[::2, 1] = NAN
    known = ~torch.isnan(targets)
    torch.testing.assert_close(
        MaskedBCELoss()(logits, targets), nn.functional.binary_cross_entropy_with_logits(logits[known], targets[known])
    )


def test_pos_weight_is_cut_down():
    logits, targets = fully_labelled()
    assert torch.equal(
        MaskedBCELoss(pos_weight=[1.0, 50.0, 3.0])(logits, targets),
        MaskedBCELoss(pos_weight=[1.0, 20.0, 3.0])(logits, targets),
    )
    assert MaskedBCELoss(pos_weight=[50.0], max_pos_weight=30).pos_weight.tolist() == [30.0]


def test_pos_weight_is_a_setting_and_not_state():
    assert MaskedBCELoss(pos_weight=[2.0]).state_dict() == {}


@pytest.mark.parametrize("wrong", [0.0, -1.0, NAN, torch.inf])
def test_nonsense_weights_are_refused(wrong):
    with pytest.raises(ConfigError, match="pos_weight holds"):
        MaskedBCELoss(pos_weight=[1.0, wrong])
    with pytest.raises(ConfigError, match="max_pos_weight holds"):
        MaskedBCELoss(max_pos_weight=wrong)


def test_wrong_number_of_weights_is_refused():
    with pytest.raises(LucencyError, match="pos_weight has 2 numbers for 3 findings"):
        MaskedBCELoss(pos_weight=[1.0, 1.0])(*fully_labelled())


def test_pos_weight_from_targets_counts_known_labels_alone():
    targets = torch.full((100, 5), NAN)
    targets[:40, 0], targets[40:50, 0] = 0, 1  # 40 to 10, and 50 unknown
    targets[:3, 1], targets[3:99, 1] = 1, 0  # 96 to 3: cut down
    targets[:9, 2] = 0  # no positive
    targets[:9, 3] = 1  # no negative
    assert pos_weight_from_targets(targets) == [4.0, 20.0, 20.0, 1.0, 1.0]
    assert pos_weight_from_targets(targets, max_pos_weight=50.0)[1] == 32.0


def test_weights_from_targets_balance_the_classes():
    targets = torch.tensor([[1.0]] + [[0.0]] * 7 + [[NAN]] * 2, dtype=torch.float64)
    logits = torch.zeros(10, 1, dtype=torch.float64, requires_grad=True)
    MaskedBCELoss(pos_weight=pos_weight_from_targets(targets))(logits, targets).backward()
    assert logits.grad.sum().item() == pytest.approx(0)  # p = 0.5 is the optimum of balanced classes
