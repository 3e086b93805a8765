"""Kernels against high-precision arithmetic and torch's cross entropy."""

from decimal import Decimal, getcontext

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lucency.losses.kernels import cross_entropy_terms, negative_term, positive_term

getcontext().prec = 40


@given(st.floats(-700, 700))
def test_terms_keep_their_relative_precision(z):
    exact = (1 + Decimal(-z).exp()).ln()
    tensor = torch.tensor(z, dtype=torch.float64)
    assert positive_term(tensor).item() == pytest.approx(float(exact), rel=1e-14)
    assert negative_term(-tensor).item() == pytest.approx(float(exact), rel=1e-14)


@given(st.floats(-1e4, 1e4), st.floats(0, 1))
def test_soft_cross_entropy_is_that_of_torch(z, y):
    logits, targets = torch.tensor([[z], [y]], dtype=torch.float64)
    expected = nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    torch.testing.assert_close(cross_entropy_terms(logits, targets), expected, rtol=1e-9, atol=1e-11)


def test_gradients_are_p_minus_y():
    logits = torch.linspace(-30, 30, 61, dtype=torch.float64, requires_grad=True)
    for y in (0.0, 0.25, 1.0):
        (grad,) = torch.autograd.grad(cross_entropy_terms(logits, torch.full_like(logits, y)).sum(), logits)
        torch.testing.assert_close(grad, torch.sigmoid(logits.detach()) - y, rtol=1e-12, atol=1e-15)


def test_a_nan_masked_only_after_the_arithmetic_would_spoil_the_gradient():
    """Why `Loss.terms` replaces NaN first."""
    logits = torch.zeros(2, requires_grad=True)
    targets = torch.tensor([1.0, torch.nan])
    value = torch.where(torch.isnan(targets), 0, cross_entropy_terms(logits, targets)).sum()
    value.backward()
    assert torch.isfinite(value)
    assert torch.isnan(logits.grad[1])
