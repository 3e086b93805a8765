"""GR: its special cases, its schedule and the gradient that leaves belief and weight out."""

import pytest
import torch
from torch import nn

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, GeneralizedAssumeNegativeLoss, GeneralizedRobustLoss

NAN = torch.nan
# K = 0 and V = 1
NO_DOUBT = {"belief_slope": [0, 0], "belief_offset": [-1000, -1000], "centre": [0, 0], "width": [1000, 1000]}
LOGITS = torch.linspace(-9, 9, 30, dtype=torch.float64).reshape(10, 3)
TARGETS = torch.tensor([1.0, 0.0, 0.3, NAN, NAN], dtype=torch.float64).repeat(6).reshape(10, 3)


def told(epoch=3, epochs=10, **settings):
    loss = GeneralizedRobustLoss(**settings)
    loss.set_epoch(epoch, epochs)
    return loss


def terms_and_slopes(loss, targets=TARGETS):
    logits = LOGITS.clone().requires_grad_()
    terms, _ = loss.terms(logits, targets)
    return terms.detach(), torch.autograd.grad(terms.sum(), logits)[0]


@pytest.mark.parametrize(
    ("q", "other"),
    [
        (0, AssumeNegativeLoss()),
        (0.3, GeneralizedAssumeNegativeLoss(q_neg=0.3)),
        (0.7, GeneralizedAssumeNegativeLoss()),
    ],
)
def test_without_doubt_it_assumes_negatives(q, other):
    for ours, theirs in zip(terms_and_slopes(told(q_assumed=q, **NO_DOUBT)), terms_and_slopes(other), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-9)  # a width of 1000 is V = 1 to 5e-7


def test_a_constant_belief_is_label_smoothing_on_unknown_labels():
    epsilon = 0.1
    offset = torch.logit(torch.tensor(epsilon)).item()
    loss = told(q_missed=0, q_assumed=0, **NO_DOUBT | {"belief_offset": [offset, offset]})
    unknown = torch.full_like(TARGETS, NAN)
    expected = nn.functional.binary_cross_entropy_with_logits(
        LOGITS, torch.full_like(LOGITS, epsilon), reduction="none"
    )
    torch.testing.assert_close(terms_and_slopes(loss, unknown)[0], expected, rtol=1e-5, atol=1e-9)


def test_no_gradient_flows_through_belief_and_weight():
    w, b, mu, sigma = told().schedule()
    p = torch.sigmoid(LOGITS)
    belief, weight = torch.sigmoid(w * p + b), torch.exp(-((p - mu) ** 2) / (2 * sigma**2))
    expected = weight * (-belief * (1 - p) * p**0.01 + (1 - belief) * p * (1 - p))
    unknown = torch.full_like(TARGETS, NAN)
    torch.testing.assert_close(terms_and_slopes(told(), unknown)[1], expected)
    logits = LOGITS.clone().requires_grad_()
    control = torch.autograd.gradcheck(lambda z: told()(z, unknown), logits, raise_exception=False)
    assert not control  # the derivative of the value is another


def test_the_schedule_goes_from_first_to_last():
    start = (0.0, -2.0, 0.5 + 0.3 / 8, 2.0 - 1.5 / 8)
    assert told(1, 8).schedule() == pytest.approx(start)
    w, b, mu, sigma = told(8, 8).schedule()
    assert (w, b) == pytest.approx((2 * 7 / 8, -2.0))  # one epoch behind
    assert (mu, sigma) == pytest.approx((0.8, 0.5))


@pytest.mark.parametrize(("epoch", "rate", "bounded"), [(1, 41, True), (1, 43, False), (8, 13, True), (8, 15, False)])
def test_how_often_a_finding_may_be_recorded_falls_with_the_epochs(epoch, rate, bounded):
    logits = torch.linspace(-10, 10, 2001, dtype=torch.float64).repeat(100, 1).requires_grad_()
    targets = torch.full_like(logits, NAN)
    targets[:rate] = 1
    (grad,) = torch.autograd.grad(told(epoch, 8)(logits, targets), logits)
    assert (grad.sum(dim=0) > 0).any().item() == bounded


def test_linear_epochs_keep_the_first_values():
    for epoch in (1, 2, 3):
        assert told(epoch, 8, linear_epochs=3).schedule() == pytest.approx((0, -2, 0.5, 2))
    assert told(4, 8, linear_epochs=3).schedule() == pytest.approx((0, -2, 0.5 + 0.3 / 5, 2 - 1.5 / 5))


def test_as_many_linear_epochs_as_epochs_are_refused():
    with pytest.raises(ConfigError, match="linear_epochs is 10 of 10 epochs; give fewer"):
        told(linear_epochs=10)(LOGITS, TARGETS)


@pytest.mark.parametrize("argument", ["belief_slope", "belief_offset", "centre", "width"])
@pytest.mark.parametrize("wrong", [[1.0], [1.0, 2.0, 3.0], 1.0, "12", [NAN, 1.0], [0.5, "a"]])
def test_pairs_must_be_pairs_of_numbers(argument, wrong):
    with pytest.raises(ConfigError, match=f"GeneralizedRobustLoss: {argument} is "):
        GeneralizedRobustLoss(**{argument: wrong})


@pytest.mark.parametrize("wrong", [{"q_missed": -0.1}, {"q_assumed": 1.1}, {"linear_epochs": -1}, {"width": [0, 1]}])
def test_numbers_outside_their_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"GeneralizedRobustLoss: {next(iter(wrong))} is "):
        GeneralizedRobustLoss(**wrong)
