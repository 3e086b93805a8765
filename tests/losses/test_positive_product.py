"""The product of positives: what it equals, and what it cannot do alone."""

import torch

from lucency.losses import PositiveProductLoss

NAN = torch.nan


def test_it_is_minus_the_product_over_positives():
    logits = torch.tensor([[0.4, -1.0, 7.0, 2.0]])
    targets = torch.tensor([[1.0, 1.0, 0.0, NAN]])
    torch.testing.assert_close(PositiveProductLoss()(logits, targets), -torch.sigmoid(logits[0, :2]).prod())


def test_images_without_a_positive_do_not_count():
    logits, targets = torch.zeros(3, 2), torch.tensor([[1.0, 0.0], [0.0, 0.0], [NAN, 0.0]])
    assert PositiveProductLoss()(logits, targets) == -0.5
    assert PositiveProductLoss(reduction="sum")(logits[1:], targets[1:]) == 0


def test_alone_it_wants_everything_positive():
    logits = torch.zeros(4, 3, requires_grad=True)
    targets = torch.eye(4, 3)
    PositiveProductLoss()(logits, targets).backward()
    assert (logits.grad <= 0).all()
    assert (logits.grad < 0).any()
