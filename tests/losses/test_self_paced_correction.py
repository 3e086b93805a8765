"""SPLC: before and after it begins to correct."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, FocalLoss, HillLoss, SelfPacedCorrectionLoss

NAN = torch.nan
LOGITS = torch.linspace(-9, 9, 300, dtype=torch.float64).reshape(100, 3)
TARGETS = torch.tensor([1.0, 0.0, 0.3, NAN, NAN], dtype=torch.float64).repeat(60).reshape(100, 3)
UNKNOWN = torch.full_like(TARGETS, NAN)


def told(epoch=3, **settings):
    loss = SelfPacedCorrectionLoss(**settings)
    loss.set_epoch(epoch, 10)
    return loss


def terms_and_slopes(loss, targets=TARGETS):
    logits = LOGITS.clone().requires_grad_()
    terms, _ = loss.terms(logits, targets)
    return terms.detach(), torch.autograd.grad(terms.sum(), logits)[0]


def test_without_focus_margin_and_correction_it_is_assume_negative():
    torch.testing.assert_close(terms_and_slopes(told(margin=0, gamma=0, tau=1)), terms_and_slopes(AssumeNegativeLoss()))


@pytest.mark.parametrize("settings", [{"tau": 1.0}, {"first_epoch": 4}])
def test_until_it_corrects_unknown_labels_are_focal_negatives(settings):
    torch.testing.assert_close(terms_and_slopes(told(**settings), UNKNOWN), terms_and_slopes(FocalLoss(), UNKNOWN))


def test_known_labels_are_those_of_hill_whatever_the_epoch():
    known = torch.where(torch.isnan(TARGETS), 0.0, TARGETS)
    for epoch in (1, 2, 10):
        torch.testing.assert_close(terms_and_slopes(told(epoch), known), terms_and_slopes(HillLoss(), known))


@pytest.mark.parametrize("tau", [0.0, 0.3, 0.6, 0.9])
def test_once_believed_an_unknown_label_is_a_focal_positive_without_margin(tau):
    believed = torch.sigmoid(LOGITS) > tau
    assert believed.any()
    ours = terms_and_slopes(told(2, tau=tau), UNKNOWN)
    positive = terms_and_slopes(FocalLoss(), torch.ones_like(TARGETS))
    negative = terms_and_slopes(FocalLoss(), UNKNOWN)
    for got, yes, no in zip(ours, positive, negative, strict=True):
        torch.testing.assert_close(got, torch.where(believed, yes, no))
    assert (ours[1][believed] <= 0).all()
    assert (ours[1][~believed] >= 0).all()


def test_the_first_epoch_that_corrects_is_the_one_named():
    likely = torch.full((1, 1), 3.0), torch.full((1, 1), NAN)
    values = [told(epoch, first_epoch=3)(*likely).item() for epoch in (1, 2, 3, 4)]
    assert values[0] == values[1] > values[2] == values[3]


@pytest.mark.parametrize("wrong", [{"tau": 1.1}, {"first_epoch": 0}, {"margin": -1}, {"gamma": -0.5}])
def test_numbers_outside_their_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"SelfPacedCorrectionLoss: {next(iter(wrong))} is "):
        SelfPacedCorrectionLoss(**wrong)
