"""ASL: its special cases, its margin and its detached weight."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, AsymmetricLoss, FocalLoss

NAN = torch.nan
LOGITS = torch.linspace(-9, 9, 300, dtype=torch.float64).reshape(100, 3)
TARGETS = torch.tensor([1.0, 0.0, 0.3, NAN, NAN], dtype=torch.float64).repeat(60).reshape(100, 3)
UNKNOWN = torch.full_like(TARGETS, NAN)


def terms_and_slopes(loss, targets=TARGETS):
    logits = LOGITS.clone().requires_grad_()
    terms, _ = loss.terms(logits, targets)
    return terms.detach(), torch.autograd.grad(terms.sum(), logits)[0]


def by_autograd(gamma_neg, gamma_pos, clip, detach_weight):
    """The published formula left to torch."""
    logits = LOGITS.clone().requires_grad_()
    p = torch.sigmoid(logits)
    shifted = (p - clip).clamp(min=0)
    weights = [(1 - p) ** gamma_pos, shifted**gamma_neg]
    if detach_weight:
        weights = [weight.detach() for weight in weights]
    y = torch.nan_to_num(TARGETS, nan=0.0)
    terms = -y * weights[0] * torch.log(p) - (1 - y) * weights[1] * torch.log(1 - shifted)
    return terms.detach(), torch.autograd.grad(terms.sum(), logits)[0]


@pytest.mark.parametrize("detach_weight", [False, True])
@pytest.mark.parametrize("clip", [0.0, 0.05, 0.5])
@pytest.mark.parametrize(("gamma_neg", "gamma_pos"), [(4.0, 0.0), (4.0, 1.0), (0.0, 0.0), (1.5, 2.0)])
def test_value_and_gradient_are_those_of_the_formula(gamma_neg, gamma_pos, clip, detach_weight):
    settings = {"gamma_neg": gamma_neg, "gamma_pos": gamma_pos, "clip": clip, "detach_weight": detach_weight}
    for ours, expected in zip(terms_and_slopes(AsymmetricLoss(**settings)), by_autograd(**settings), strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-6, atol=1e-10)


def test_detaching_changes_the_gradient_alone():
    (value, grad), (other_value, other_grad) = (
        terms_and_slopes(AsymmetricLoss(detach_weight=detach)) for detach in (False, True)
    )
    assert torch.equal(value, other_value)
    assert not torch.allclose(grad, other_grad)


def test_without_asymmetry_it_is_the_focal_loss_and_without_focus_assume_negative():
    torch.testing.assert_close(
        terms_and_slopes(AsymmetricLoss(gamma_neg=2, gamma_pos=2, clip=0)), terms_and_slopes(FocalLoss())
    )
    torch.testing.assert_close(
        terms_and_slopes(AsymmetricLoss(gamma_neg=0, clip=0)), terms_and_slopes(AssumeNegativeLoss())
    )


@pytest.mark.parametrize("gamma_neg", [0.0, 0.5, 4.0])
def test_negatives_within_the_margin_are_left_out(gamma_neg):
    value, grad = terms_and_slopes(AsymmetricLoss(gamma_neg=gamma_neg, clip=0.3), UNKNOWN)
    inside = torch.sigmoid(LOGITS) <= 0.3
    assert (value[inside] < 1e-30).all()
    assert (grad[inside] == 0).all()
    assert (grad[~inside] > 0).all()


@pytest.mark.parametrize("clip", [1e-30, 1e-8, 1e-4, 0.999])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_any_margin_is_finite_at_any_logit(clip, dtype):
    logits = torch.tensor([[-1e4, -100.0, 0.0, 100.0, 1e4]], dtype=dtype, requires_grad=True)
    value = AsymmetricLoss(gamma_neg=0.5, clip=clip)(logits, torch.zeros(1, 5))
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("wrong", [{"gamma_neg": -1}, {"gamma_pos": -1}, {"clip": -0.1}, {"clip": 1}, {"clip": NAN}])
def test_numbers_outside_their_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"AsymmetricLoss: {next(iter(wrong))} is "):
        AsymmetricLoss(**wrong)
