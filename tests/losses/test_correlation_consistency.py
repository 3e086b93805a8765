"""Which rows are compared, how, and which side moves."""
# ruff: noqa: N803  G, L, u as in the formulas

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import CorrelationConsistency
from references import label_correlations as reference
from references.label_correlations import batch

DIVERGENCES = ("mse", "kl", "js")


def gradients(loss, G, L, targets):
    return torch.autograd.grad(loss(G, L, targets), (G, L), materialize_grads=True)


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("which", ["positive", "all"])
def test_value_equals_the_reference_and_gradient_the_value(divergence, which):
    (_, G, L, _), targets = batch()
    loss = CorrelationConsistency(divergence=divergence, rows=which)
    expected = reference.consistency(G.tolist(), L.tolist(), reference.rows(targets), divergence, which)
    assert loss(G, L, targets).item() == pytest.approx(expected)
    assert torch.autograd.gradcheck(lambda G, L: loss(G, L, targets), (G, L), fast_mode=True)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_it_is_zero_where_local_equals_global_and_positive_elsewhere(divergence):
    (_, G, L, _), targets = batch()
    loss = CorrelationConsistency(divergence=divergence)
    assert loss(G, G.expand_as(L), targets).item() == pytest.approx(0, abs=1e-12)
    assert loss(G, L, targets) > 0.01


@pytest.mark.parametrize("which", ["positive", "all"])
def test_rows_that_take_no_part_get_no_gradient(which):
    (_, G, L, _), targets = batch()
    _, grad = gradients(CorrelationConsistency(rows=which), G, L, targets)
    takes_part = targets == 1 if which == "positive" else ~targets.isnan()
    assert (grad[~takes_part] == 0).all()
    assert (grad[takes_part] != 0).any(dim=-1).all()
    assert 0 < takes_part.sum() < takes_part.numel()


def test_the_side_that_is_stopped_gets_no_gradient_and_the_other_keeps_its_own():
    (_, G, L, _), targets = batch()
    both = gradients(CorrelationConsistency(), G, L, targets)
    for side, stopped in (("global", 0), ("local", 1)):
        one = gradients(CorrelationConsistency(stop_gradient=side), G, L, targets)
        assert (one[stopped] == 0).all()
        assert torch.equal(one[1 - stopped], both[1 - stopped])
        assert (both[stopped] != 0).any()


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("label", [0.0, 0.999, torch.nan])
def test_without_a_row_value_and_gradients_are_exactly_zero(divergence, label):
    (_, G, L, _), targets = batch()
    loss = CorrelationConsistency(divergence=divergence)
    nothing = torch.full_like(targets, label)
    assert loss(G, L, nothing) == 0
    assert all((grad == 0).all() for grad in gradients(loss, G, L, nothing))


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_shares_of_zero_are_finite(divergence, dtype):
    G, L = (1e3 * part.detach() for part in (torch.eye(3), 1 - torch.eye(3).expand(2, 3, 3)))
    G, L = (part.softmax(-1).to(dtype).requires_grad_() for part in (G, L))
    value = CorrelationConsistency(divergence=divergence)(G, L, torch.ones(2, 3))
    assert value.dtype == torch.float32
    assert value > 0.5
    assert all(torch.isfinite(grad).all() for grad in torch.autograd.grad(value, (G, L)))


def test_squared_differences_are_next_to_nothing_at_a_small_start_and_divergences_say_more():
    (_, G, L, _), targets = batch(findings=14, spread=0.01)
    values = {kind: CorrelationConsistency(divergence=kind)(G, L, targets).item() for kind in DIVERGENCES}
    assert 0 < values["mse"] < 1e-4
    assert values["kl"] > 5 * values["mse"]


def test_all_rows_together_make_every_image_the_same_and_positive_ones_do_not():
    spreads = {}
    for which in ("all", "positive"):
        (_, G, L, _), targets = batch(findings=3)
        logits = L.detach().log().requires_grad_()
        loss, known = CorrelationConsistency(rows=which), targets.nan_to_num(nan=0.0)
        for _ in range(200):
            slope = torch.autograd.grad(loss(G, logits.softmax(-1), known), logits)[0]
            logits = (logits - 10 * slope).detach().requires_grad_()
        spreads[which] = logits.softmax(-1).detach().var(dim=0).mean().item()
    assert spreads["all"] < 1e-4 < 1e-3 < spreads["positive"]


@pytest.mark.parametrize("argument", ["divergence", "rows", "stop_gradient"])
def test_an_unknown_choice_is_refused(argument):
    with pytest.raises(ConfigError, match=f"CorrelationConsistency: {argument} is 'both'; give one of"):
        CorrelationConsistency(**{argument: "both"})
