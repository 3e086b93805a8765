"""Gradients written by hand reach the logits, and only they do."""

import torch

from lucency.losses.kernels import Curve
from lucency.losses.pointwise_loss import PointwiseLoss


class CubeLoss(PointwiseLoss):
    def curve(self, logits, targets, known):
        assert not torch.is_grad_enabled()
        return Curve(logits**3, 3 * logits**2)


class WrongLoss(PointwiseLoss):
    """The control: a slope that is not the derivative of the value must be found."""

    def curve(self, logits, targets, known):
        return Curve(logits**3, 2 * logits**2)


def gradcheck(loss):
    logits = torch.linspace(-2, 2, 6, dtype=torch.float64).reshape(2, 3).requires_grad_()
    return torch.autograd.gradcheck(lambda z: loss(z, torch.zeros(2, 3)), logits, raise_exception=False)


def test_the_slope_is_the_gradient():
    assert gradcheck(CubeLoss(reduction="mean_all"))
    assert not gradcheck(WrongLoss(reduction="mean_all"))


def test_the_value_is_not_changed_by_attaching_the_slope():
    logits = torch.tensor([[1e4, -1e-4]], requires_grad=True)
    terms, weight = CubeLoss(reduction="sum").terms(logits, torch.zeros(1, 2))
    assert terms.tolist() == (logits.detach() ** 3).tolist()
    assert weight.tolist() == [[1.0, 1.0]]
    assert terms.requires_grad
    assert not weight.requires_grad


def test_the_gradient_flows_on_into_the_network():
    weight = torch.tensor([2.0], requires_grad=True)
    CubeLoss(reduction="sum")((weight * torch.ones(1)).reshape(1, 1), torch.zeros(1, 1)).backward()
    assert weight.grad.item() == 3 * 2.0**2


def test_logits_without_gradient_are_taken():
    assert CubeLoss(reduction="sum")(torch.full((1, 1), 2.0), torch.zeros(1, 1)).item() == 2.0**3
