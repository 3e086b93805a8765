"""Hill: the gradient on unknown labels, and the focal margin on positives."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import FocalLoss, HillLoss, MaskedBCELoss

NAN = torch.nan
LOGITS = torch.linspace(-12, 12, 24001, dtype=torch.float64).unsqueeze(0)


def terms_and_slopes(loss, state, logits=LOGITS):
    logits = logits.clone().requires_grad_()
    terms, _ = loss.terms(logits, torch.full_like(logits, state))
    return terms.detach(), torch.autograd.grad(terms.sum(), logits)[0]


@pytest.mark.parametrize("lamb", [1.0, 1.2, 1.5])
def test_gradient_on_unknown_labels(lamb):
    p = torch.sigmoid(LOGITS)
    grad = terms_and_slopes(HillLoss(lamb=lamb), NAN)[1]
    torch.testing.assert_close(grad, p**2 * (1 - p) * (2 * lamb - 3 * p), rtol=1e-9, atol=1e-14)
    assert (grad[p < 2 * lamb / 3] >= 0).all()
    if lamb < 1.5:
        assert (grad[p > 2 * lamb / 3] < 0).any()  # what is very likely is pushed up


def test_the_papers_hill_never_pushes_up_and_is_steepest_in_the_middle():
    grad = terms_and_slopes(HillLoss(), NAN)[1]
    assert (grad >= 0).all()
    assert LOGITS[0, grad.argmax()].item() == pytest.approx(0, abs=1e-3)
    assert grad.max().item() == pytest.approx(3 / 16)
    assert grad[0, 0] < 1e-4
    assert grad[0, -1] < 1e-4


def test_a_positive_is_a_focal_term_of_the_logit_less_the_margin():
    for margin, gamma in [(1.0, 2.0), (0.5, 3.0)]:
        ours = terms_and_slopes(HillLoss(margin=margin, gamma=gamma), 1.0)
        focal = terms_and_slopes(FocalLoss(gamma=gamma), 1.0, LOGITS - margin)
        torch.testing.assert_close(ours, focal)


def test_an_explicit_negative_is_a_plain_cross_entropy():
    torch.testing.assert_close(terms_and_slopes(HillLoss(), 0.0), terms_and_slopes(MaskedBCELoss(), 0.0))


@pytest.mark.parametrize("wrong", [{"lamb": 0.9}, {"lamb": 2}, {"margin": -1}, {"gamma": -0.5}, {"gamma": NAN}])
def test_numbers_outside_their_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"HillLoss: {next(iter(wrong))} is "):
        HillLoss(**wrong)
