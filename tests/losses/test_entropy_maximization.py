"""EM: what it does to unknown labels, and what to known ones."""

import math

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import EntropyMaximizationLoss, MaskedBCELoss
from references.losses.entropy_maximization import optimum

NAN = torch.nan


def slopes(loss, logits):
    """Gradients of unknown labels."""
    logits = logits.clone().requires_grad_()
    terms, _ = loss.terms(logits, torch.full_like(logits, NAN))
    return torch.autograd.grad(terms.sum(), logits)[0]


def test_alpha_0_ignores_unknown_labels():
    logits = torch.linspace(-9, 9, 30, dtype=torch.float64).reshape(10, 3)
    targets = torch.tensor([1.0, 0.0, 0.3, NAN, NAN], dtype=torch.float64).repeat(6).reshape(10, 3)
    torch.testing.assert_close(
        EntropyMaximizationLoss(alpha=0)(logits, targets), MaskedBCELoss(reduction="mean_all")(logits, targets)
    )
    assert (slopes(EntropyMaximizationLoss(alpha=0), logits) == 0).all()


def test_the_term_of_an_unknown_label_is_minus_its_entropy():
    logits = torch.linspace(-9, 9, 30, dtype=torch.float64).reshape(1, 30)
    terms, weight = EntropyMaximizationLoss(alpha=0.3).terms(logits, torch.full_like(logits, NAN))
    torch.testing.assert_close(terms, -0.3 * torch.distributions.Bernoulli(logits=logits).entropy())
    assert (weight == 1).all()


def test_unknown_labels_are_drawn_to_one_half_hardest_at_middling_certainty():
    logits = torch.linspace(-12, 12, 24001, dtype=torch.float64).unsqueeze(0)
    grad = slopes(EntropyMaximizationLoss(alpha=0.2), logits)
    p = torch.sigmoid(logits)
    torch.testing.assert_close(grad, 0.2 * logits * p * (1 - p), rtol=1e-9, atol=1e-15)
    assert torch.equal(grad.sign(), logits.sign())
    peak = logits[0, grad.argmax()].item()
    assert peak * math.tanh(peak / 2) == pytest.approx(1, abs=1e-2)  # where the derivative of z p (1 - p) is 0
    assert grad.max().item() == pytest.approx(-grad.min().item())


@pytest.mark.parametrize("alpha", [0.01, 0.1, 0.2, 1.0])
@pytest.mark.parametrize("rate", [0.001, 0.02, 0.2])
def test_every_recorded_finding_ends_above_one_half(alpha, rate):
    assert optimum(rate, alpha) > 0.5
    if alpha > 0.1:  # the bound of the search is far away
        z = math.log(optimum(rate, alpha) / (1 - optimum(rate, alpha)))
        assert rate == pytest.approx((1 - rate) * alpha * z * optimum(rate, alpha), rel=1e-4)


@pytest.mark.parametrize("alpha", [-0.1, 1.1, NAN, "0.1"])
def test_alpha_outside_its_range_is_refused(alpha):
    with pytest.raises(ConfigError, match=r"EntropyMaximizationLoss: alpha is .* from 0 to 1"):
        EntropyMaximizationLoss(alpha=alpha)
