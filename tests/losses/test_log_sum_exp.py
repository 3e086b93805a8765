"""Weighted log-sum-exp against torch's own, and with nothing to sum."""

import pytest
import torch

from lucency.losses.log_sum_exp import EMPTY, log_sum_exp


def table(seed=0):
    generator = torch.Generator().manual_seed(seed)
    values = 30 * torch.randn(5, 4, generator=generator, dtype=torch.float64)
    return values, torch.rand(5, 4, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("dim", [0, 1])
def test_value_and_slope_are_those_of_torch(dim):
    values, weight = table()
    weight[0, 1:3] = 0
    values.requires_grad_()
    expected = torch.logsumexp(values + weight.log(), dim)
    expected.sum().backward()
    found = log_sum_exp(values.detach(), weight, dim)
    torch.testing.assert_close(found.value.squeeze(dim), expected.detach())
    torch.testing.assert_close(found.slope, values.grad)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_sum_over_nothing_is_finite_and_flat(dtype):
    found = log_sum_exp(torch.tensor([[1e4, -1e4]], dtype=dtype), torch.zeros(1, 2, dtype=dtype), dim=1)
    assert found.value.item() == pytest.approx(EMPTY)
    assert not found.slope.any()


def test_what_has_no_weight_changes_nothing_however_large():
    values, weight = table()
    weight[:, 0] = 0
    expected = log_sum_exp(values, weight, dim=1)
    values[:, 0] = 1e9
    found = log_sum_exp(values, weight, dim=1)
    assert torch.equal(found.value, expected.value)
    assert torch.equal(found.slope, expected.slope)
