"""Identities of AN and WAN."""

import pytest
import torch
from torch import nn

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, MaskedBCELoss, WeakAssumeNegativeLoss

NAN = torch.nan


def batch(findings=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 4 * torch.randn(10, findings, generator=generator, dtype=torch.float64)
    codes = torch.randint(0, 3, (10, findings), generator=generator)
    return logits, torch.tensor([1.0, 0.0, NAN], dtype=torch.float64)[codes]


def test_an_is_bce_with_unknown_set_to_zero():
    logits, targets = batch()
    torch.testing.assert_close(
        AssumeNegativeLoss()(logits, targets), nn.BCEWithLogitsLoss()(logits, torch.nan_to_num(targets, nan=0.0))
    )


def test_wan_with_full_weight_is_an():
    logits, targets = batch()
    assert torch.equal(WeakAssumeNegativeLoss(gamma=1)(logits, targets), AssumeNegativeLoss()(logits, targets))


def test_wan_without_weight_ignores_unknown_labels():
    logits, targets = batch()
    for reduction in ("mean_all", "mean_observed"):
        torch.testing.assert_close(
            WeakAssumeNegativeLoss(gamma=0, reduction=reduction)(logits, targets),
            MaskedBCELoss(reduction=reduction)(logits, targets),
        )


def test_default_weight_of_wan_is_one_over_the_other_findings():
    logits, targets = batch(findings=6)
    assert torch.equal(WeakAssumeNegativeLoss()(logits, targets), WeakAssumeNegativeLoss(gamma=1 / 5)(logits, targets))


def test_wan_gives_explicit_negatives_full_weight():
    _, weight = WeakAssumeNegativeLoss().terms(torch.zeros(1, 3), torch.tensor([[1.0, 0.0, NAN]]))
    assert weight.tolist() == [[1.0, 1.0, 0.5]]


@pytest.mark.parametrize("gamma", [-0.1, 1.1, NAN, torch.inf])
def test_wan_refuses_a_weight_outside_0_and_1(gamma):
    with pytest.raises(ConfigError, match=r"WeakAssumeNegativeLoss: gamma is .* from 0 to 1"):
        WeakAssumeNegativeLoss(gamma=gamma)


def test_wan_needs_a_weight_for_a_single_finding():
    with pytest.raises(ConfigError, match="one finding; give gamma"):
        WeakAssumeNegativeLoss()(torch.zeros(2, 1), torch.ones(2, 1))


@pytest.mark.parametrize("loss", [AssumeNegativeLoss(), WeakAssumeNegativeLoss()])
def test_unknown_labels_do_have_influence(loss):
    """The control of the contract's test of losses that ignore unknown labels: here it must come out the other way."""
    logits, targets = batch()
    noisy = torch.where(torch.isnan(targets), 1e4, logits)
    assert not torch.allclose(loss(logits, targets), loss(noisy, targets))
    assert torch.equal(MaskedBCELoss()(logits, targets), MaskedBCELoss()(noisy, targets))
