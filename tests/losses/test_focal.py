"""Focal loss against MONAI's, and its place between the others."""

import pytest
import torch
from monai.losses import FocalLoss as MonaiFocalLoss

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, FocalLoss

NAN = torch.nan
LOGITS = torch.linspace(-9, 9, 30, dtype=torch.float64).reshape(10, 3)
TARGETS = torch.tensor([1.0, 0.0, NAN], dtype=torch.float64).repeat(10).roll(1).reshape(10, 3)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 4.0])
def test_with_unknown_taken_for_negative_it_is_that_of_monai(gamma):
    monai = MonaiFocalLoss(gamma=gamma, reduction="mean")(LOGITS, torch.nan_to_num(TARGETS, nan=0.0))
    torch.testing.assert_close(
        FocalLoss(gamma=gamma, reduction="mean_all")(LOGITS, TARGETS).float(), monai
    )  # MONAI casts to float32


def test_gamma_0_is_assume_negative():
    torch.testing.assert_close(
        FocalLoss(gamma=0, reduction="mean_all")(LOGITS, TARGETS), AssumeNegativeLoss()(LOGITS, TARGETS)
    )


def test_unknown_labels_are_pushed_down_harder_the_likelier_they_look():
    logits = torch.linspace(-9, 1.5, 500, dtype=torch.float64).unsqueeze(0).requires_grad_()
    terms, _ = FocalLoss().terms(logits, torch.full_like(logits, NAN))
    (grad,) = torch.autograd.grad(terms.sum(), logits)
    assert (grad > 0).all()
    assert (grad.diff() > 0).all()


@pytest.mark.parametrize("gamma", [-0.5, 101, NAN, None])
def test_gamma_outside_its_range_is_refused(gamma):
    with pytest.raises(ConfigError, match=r"FocalLoss: gamma is .* from 0 to 100"):
        FocalLoss(gamma=gamma)
