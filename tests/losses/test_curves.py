"""Terms of a logit against high-precision arithmetic, and their derivatives against finite differences."""

from decimal import Decimal, getcontext

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.losses.curves import choose, cross_entropy, entropy, focal, generalized_cross_entropy, in_proportion, power
from lucency.losses.curves import sides as sides_of
from lucency.losses.kernels import Curve, cross_entropy_terms

getcontext().prec = 50
NUDGE = Decimal("1e-12")


def exact_probability(z):
    return 1 / (1 + (-Decimal(z)).exp())


def exact_robust(z, q):
    probability = exact_probability(z)
    return -probability.ln() if q == 0 else (1 - (Decimal(q) * probability.ln()).exp()) / Decimal(q)


def exact_focal(z, gamma):
    probability = exact_probability(z)
    return -(Decimal(gamma) * (1 - probability).ln()).exp() * probability.ln()


def exact_entropy(z):
    probability = exact_probability(z)
    return -probability * probability.ln() - (1 - probability) * (1 - probability).ln()


def derivative(function, z, *arguments):
    z = Decimal(z)
    return float((function(z + NUDGE, *arguments) - function(z - NUDGE, *arguments)) / (2 * NUDGE))


def at(z):
    return sides_of(torch.tensor(z, dtype=torch.float64))


@settings(deadline=None)
@given(st.floats(-50, 50))
def test_both_sides_are_probabilities_and_their_logarithms(z):
    positive, negative = at(z)
    p = exact_probability(z)
    assert positive.p.item() == pytest.approx(float(p), abs=1e-15)
    assert negative.p.item() == pytest.approx(float(1 - p), abs=1e-15)
    assert positive.log_p.item() == pytest.approx(float(p.ln()), abs=1e-14)
    assert negative.log_p.item() == pytest.approx(float((1 - p).ln()), abs=1e-14)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_logarithm_of_a_probability_is_above_0(dtype):
    for side in sides_of(torch.linspace(-100, 100, 20001, dtype=dtype)):
        assert (side.log_p <= 0).all()


@settings(deadline=None)
@given(st.floats(-20, 20), st.sampled_from([0.0, 1e-9, 1e-3, 0.3, 0.7, 1.0]))
def test_generalized_cross_entropy_and_its_pull(z, q):
    term = generalized_cross_entropy(*at(z), q)
    assert term.value.item() == pytest.approx(float(exact_robust(z, q)), rel=1e-9, abs=1e-12)
    assert term.pull.item() == pytest.approx(-derivative(exact_robust, z, q), rel=1e-7, abs=1e-12)


@settings(deadline=None)
@given(st.floats(-20, 20), st.sampled_from([0.0, 0.5, 1.0, 2.0, 4.0]))
def test_focal_term_and_its_pull(z, gamma):
    term = focal(*at(z), gamma)
    assert term.value.item() == pytest.approx(float(exact_focal(z, gamma)), rel=1e-9, abs=1e-12)
    assert term.pull.item() == pytest.approx(-derivative(exact_focal, z, gamma), rel=1e-7, abs=1e-12)


@settings(deadline=None)
@given(st.floats(-20, 20), st.sampled_from([0.5, 1.0, 2.0, 4.0]))
def test_a_detached_weight_stands_outside_the_derivative(z, gamma):
    term = focal(*at(z), gamma, detach_weight=True)
    weight = float((Decimal(gamma) * (1 - exact_probability(z)).ln()).exp())
    assert term.value == focal(*at(z), gamma).value
    assert term.pull.item() == pytest.approx(-weight * derivative(exact_focal, z, 0), rel=1e-7, abs=1e-12)


@settings(deadline=None)
@given(st.floats(-20, 20))
def test_entropy_and_its_slope(z):
    curve = entropy(torch.tensor(z, dtype=torch.float64), *at(z))
    assert curve.value.item() == pytest.approx(float(exact_entropy(z)), abs=1e-13)
    assert curve.slope.item() == pytest.approx(derivative(exact_entropy, z), rel=1e-7, abs=1e-12)


@settings(deadline=None)
@given(st.floats(-20, 20), st.floats(0, 1))
def test_soft_labels_get_both_terms_in_proportion(z, y):
    positive, negative = at(z)
    target = torch.tensor(y, dtype=torch.float64)
    both = in_proportion(focal(positive, negative, 2), generalized_cross_entropy(negative, positive, 0.5), target)
    share, rest = Decimal(y), 1 - Decimal(y)

    def exact(at_z):
        return share * exact_focal(at_z, 2) + rest * exact_robust(-at_z, 0.5)

    assert both.value.item() == pytest.approx(float(exact(Decimal(z))), rel=1e-9, abs=1e-12)
    assert both.slope.item() == pytest.approx(derivative(exact, z), rel=1e-7, abs=1e-12)


@settings(deadline=None)
@given(st.floats(-1e4, 1e4), st.floats(0, 1))
def test_cross_entropy_is_the_kernel_with_its_gradient(z, y):
    logits, targets = torch.tensor([z], dtype=torch.float64, requires_grad=True), torch.tensor([y], dtype=torch.float64)
    expected = cross_entropy_terms(logits, targets)
    (grad,) = torch.autograd.grad(expected.sum(), logits)
    curve = cross_entropy(*sides_of(logits.detach()), targets)
    torch.testing.assert_close(curve.value, expected.detach(), rtol=1e-9, atol=1e-11)
    torch.testing.assert_close(curve.slope, grad, rtol=1e-12, atol=1e-15)


@settings(deadline=None)
@given(st.floats(1e-30, 1), st.floats(0.01, 10) | st.sampled_from([1.0, 2.0, 4.0]))
def test_power_is_a_power(probability, exponent):
    tensor = torch.tensor(probability, dtype=torch.float64)
    expected = pytest.approx(probability**exponent, rel=1e-12)
    assert power(tensor, exponent).item() == expected
    assert power(tensor, exponent, tensor.log()).item() == expected


def test_choice_is_exact_however_far_the_values_are_apart():
    one = Curve(torch.tensor([1e4, 0.0]), torch.tensor([1.0, 1e-20]))
    other = Curve(torch.tensor([1e-20, 1e4]), torch.tensor([-1.0, 0.3]))
    chosen = choose(torch.tensor([True, False]), one, other)
    assert chosen.value.tolist() == [one.value[0], other.value[1]]
    assert chosen.slope.tolist() == [one.slope[0], other.slope[1]]
