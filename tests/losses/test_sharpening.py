"""What sharpening does at its ends, and which way each probability goes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lucency.losses import sharpen
from references.losses.label_assemble import sharpened

EVERYWHERE = torch.linspace(0, 1, 10001, dtype=torch.float64)
share = st.floats(0, 1)


@given(a=share, threshold=share, temperature=st.floats(1, 1e6))
def test_it_is_the_published_formula_and_stays_a_probability(a, threshold, temperature):
    moved = sharpen(torch.tensor(a, dtype=torch.float64), threshold, temperature).item()
    # a - a / t cancels where t is nearly 1
    assert moved == pytest.approx(sharpened(a, threshold, temperature), rel=1e-12, abs=1e-15)
    assert 0 <= moved <= 1
    assert (moved >= a) if a > threshold else (moved <= a)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_temperature_one_is_a_hard_label_and_infinity_changes_nothing(threshold, dtype):
    a = EVERYWHERE.to(dtype)
    assert torch.equal(sharpen(a, threshold, 1), (a > threshold).to(dtype))
    assert torch.equal(sharpen(a, threshold, torch.inf), a)


def test_the_threshold_itself_goes_down():
    above = torch.nextafter(torch.tensor(0.5), torch.tensor(1.0))
    assert sharpen(torch.tensor(0.5)) == 0.375
    assert sharpen(above) == pytest.approx(0.625)


def test_the_order_of_probabilities_is_kept():
    for temperature in (1, 1.5, 4, 100):
        assert (sharpen(EVERYWHERE, 0.4, temperature).diff() >= 0).all()


def test_the_input_is_left_alone_and_a_gradient_flows():
    a = torch.tensor([0.2, 0.9], requires_grad=True)
    before = a.detach().clone()
    sharpen(a, 0.5, 4).sum().backward()
    assert torch.equal(a.detach(), before)
    torch.testing.assert_close(a.grad, torch.full((2,), 0.75))  # 1 - 1/t on either side
