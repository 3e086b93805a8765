"""AN-LS against torch's cross entropy of softened labels."""

import pytest
import torch
from torch import nn

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, LabelSmoothingAssumeNegativeLoss

LOGITS = torch.linspace(-8, 8, 30, dtype=torch.float64).reshape(10, 3)
TARGETS = torch.tensor([1.0, 0.0, torch.nan], dtype=torch.float64).repeat(10).roll(1).reshape(10, 3)


@pytest.mark.parametrize("epsilon", [0.05, 0.1, 0.5])
def test_it_is_bce_on_targets_epsilon_and_1_minus_epsilon(epsilon):
    targets = torch.where(TARGETS == 1, 1 - epsilon, torch.full_like(TARGETS, epsilon))
    torch.testing.assert_close(
        LabelSmoothingAssumeNegativeLoss(epsilon=epsilon)(LOGITS, TARGETS), nn.BCEWithLogitsLoss()(LOGITS, targets)
    )


def test_without_smoothing_it_is_assume_negative():
    torch.testing.assert_close(
        LabelSmoothingAssumeNegativeLoss(epsilon=0)(LOGITS, TARGETS), AssumeNegativeLoss()(LOGITS, TARGETS)
    )


def test_unknown_labels_below_epsilon_are_pulled_up_and_above_it_down():
    logits = LOGITS.clone().requires_grad_()
    terms, _ = LabelSmoothingAssumeNegativeLoss(epsilon=0.1).terms(logits, torch.full_like(logits, torch.nan))
    (grad,) = torch.autograd.grad(terms.sum(), logits)
    torch.testing.assert_close(grad, torch.sigmoid(LOGITS) - 0.1)


@pytest.mark.parametrize("epsilon", [-0.1, 0.6, torch.nan])
def test_epsilon_outside_its_range_is_refused(epsilon):
    with pytest.raises(ConfigError, match=r"LabelSmoothingAssumeNegativeLoss: epsilon is .* from 0 to 0.5"):
        LabelSmoothingAssumeNegativeLoss(epsilon=epsilon)
