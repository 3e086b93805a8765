"""Two-way loss: rows and columns, temperatures, and columns that have nothing to compare."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import LogSumExpPairwiseLoss, TwoWayLoss

NAN = torch.nan


def batch(images=9, findings=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(images, findings, generator=generator, dtype=torch.float64)
    states = torch.randint(0, 4, (images, findings), generator=generator)
    return logits, torch.tensor([1.0, 0.0, 0.3, NAN], dtype=torch.float64)[states]


def value_and_gradient(loss, logits, targets):
    logits = logits.clone().requires_grad_()
    value = loss(logits, targets)
    value.backward()
    return value.detach(), logits.grad


def test_without_temperature_it_is_lsep_along_rows_and_columns():
    logits, targets = batch()
    loss = TwoWayLoss(positive_temperature=1, negative_temperature=1)
    lsep = LogSumExpPairwiseLoss()
    value, grad = value_and_gradient(loss, logits, targets)
    by_row, by_column = value_and_gradient(lsep, logits, targets), value_and_gradient(lsep, logits.T, targets.T)
    torch.testing.assert_close(value, by_row[0] + by_column[0])
    torch.testing.assert_close(grad, by_row[1] + by_column[1].T)


def test_images_and_findings_are_treated_alike():
    logits, targets = batch()
    torch.testing.assert_close(TwoWayLoss()(logits, targets), TwoWayLoss()(logits.T, targets.T))


@pytest.mark.parametrize("code", [0.0, 1.0, NAN])
def test_a_batch_with_nothing_to_compare_gives_zero(code):
    logits = batch()[0]
    value, grad = value_and_gradient(TwoWayLoss(), logits, torch.full_like(logits, code))
    assert value == 0
    assert not grad.any()


def test_a_large_temperature_of_the_positives_hears_them_all():
    logits, targets = torch.tensor([[5.0, -5.0, 0.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    shares = []
    for temperature in (0.1, 4.0, 1000.0):
        _, grad = value_and_gradient(TwoWayLoss(positive_temperature=temperature), logits, targets)
        shares.append((grad[0, 0] / grad[0, :2].sum()).item())
    assert shares[0] < 1e-6  # the lowest positive alone
    assert shares[0] < shares[1] < shares[2]
    assert shares[2] == pytest.approx(0.5, abs=0.01)  # all alike


@pytest.mark.parametrize("argument", ["positive_temperature", "negative_temperature"])
@pytest.mark.parametrize("value", [0, -1, NAN, torch.inf])
def test_temperatures_are_positive(argument, value):
    with pytest.raises(ConfigError, match=rf"TwoWayLoss: {argument} is .* from 0.001 to 1000"):
        TwoWayLoss(**{argument: value})
