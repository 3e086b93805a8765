"""IWAN is a member of the family of GAN."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, GeneralizedAssumeNegativeLoss, ImplicitWeightingAssumeNegativeLoss

LOGITS = torch.linspace(-8, 8, 30, dtype=torch.float64).reshape(10, 3)
TARGETS = torch.tensor([1.0, 0.0, 0.3, torch.nan, torch.nan], dtype=torch.float64).repeat(6).reshape(10, 3)


def value_and_gradient(loss):
    logits = LOGITS.clone().requires_grad_()
    value = loss(logits, TARGETS)
    return value.item(), torch.autograd.grad(value, logits)[0]


@pytest.mark.parametrize("gamma", [0.3, 0.7])
@pytest.mark.parametrize("weight", [1.0, "wan"])
def test_it_is_gan_to_an_optimiser(gamma, weight):
    value, grad = value_and_gradient(ImplicitWeightingAssumeNegativeLoss(gamma=gamma, unobserved_weight=weight))
    other_value, other_grad = value_and_gradient(GeneralizedAssumeNegativeLoss(q_neg=gamma, unobserved_weight=weight))
    torch.testing.assert_close(grad, other_grad)
    assert value != pytest.approx(other_value)


def test_the_weight_is_the_chance_of_being_negative():
    terms, _ = ImplicitWeightingAssumeNegativeLoss(gamma=0.5).terms(LOGITS, torch.full_like(LOGITS, torch.nan))
    rest = torch.sigmoid(-LOGITS)
    torch.testing.assert_close(terms, -rest.sqrt() * rest.log())


def test_gamma_0_is_assume_negative():
    assert value_and_gradient(ImplicitWeightingAssumeNegativeLoss(gamma=0))[0] == pytest.approx(
        AssumeNegativeLoss()(LOGITS, TARGETS).item()
    )


def test_it_warns_of_what_has_no_optimum_and_refuses_nonsense():
    with pytest.warns(UserWarning, match="ImplicitWeightingAssumeNegativeLoss: detach_weight=False"):
        ImplicitWeightingAssumeNegativeLoss(detach_weight=False)
    with pytest.warns(UserWarning, match="without a finite optimum"):
        ImplicitWeightingAssumeNegativeLoss(gamma=1)
    with pytest.raises(ConfigError, match=r"ImplicitWeightingAssumeNegativeLoss: gamma is 1\.5"):
        ImplicitWeightingAssumeNegativeLoss(gamma=1.5)
