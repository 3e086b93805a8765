"""What the anchor holds G to, and what it leaves free."""

import numpy as np
import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import CooccurrenceAnchor, cooccurrence
from references import label_correlations as reference

NAN = torch.nan


@pytest.mark.parametrize("seed", range(5))
def test_value_equals_the_reference_and_gradient_the_value(seed):
    (_, G, _, _), targets = reference.batch(images=9, seed=seed)
    table = reference.cooccurrence(reference.rows(targets), epsilon=1e-3)
    anchor = CooccurrenceAnchor(cooccurrence=cooccurrence(targets, epsilon=1e-3))
    assert anchor(G).item() == pytest.approx(reference.anchor(table, G.tolist()))
    assert torch.autograd.gradcheck(anchor, (G,), fast_mode=True)


def test_it_is_least_where_g_is_the_table():
    table = cooccurrence(reference.batch(images=30)[1])
    logits = torch.zeros(table.shape, requires_grad=True)
    anchor = CooccurrenceAnchor(cooccurrence=table)
    for _ in range(300):
        slope = torch.autograd.grad(anchor(logits.softmax(-1)), logits)[0]
        logits = (logits - 10 * slope).detach().requires_grad_()
    np.testing.assert_allclose(logits.softmax(-1).detach().numpy(), table, atol=0.01)
    assert anchor(torch.from_numpy(table)).item() == pytest.approx(0, abs=1e-12)


def test_a_finding_never_positive_and_a_pair_never_known_together_are_left_free():
    table = cooccurrence([[1.0, NAN, 0.0], [1.0, NAN, 1.0], [NAN, 1.0, 0.0]])
    anchor = CooccurrenceAnchor(cooccurrence=[*table[:2].tolist(), [1 / 3] * 3])
    logits = torch.randn(3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()
    anchor(logits.softmax(-1)).backward()
    assert (logits.grad[2] == 0).all()
    moved = logits.detach().clone()
    moved[0, 1] += 3
    torch.testing.assert_close(anchor(moved.softmax(-1)), anchor(logits.softmax(-1)))
    moved[0, 2] += 3
    assert not torch.isclose(anchor(moved.softmax(-1)), anchor(logits.softmax(-1)))


def test_a_table_that_says_nothing_teaches_nothing():
    G = torch.rand(3, 3).softmax(-1).requires_grad_()
    value = CooccurrenceAnchor(cooccurrence=cooccurrence(torch.full((4, 3), NAN)))(G)
    value.backward()
    assert value == 0
    assert (G.grad == 0).all()


def test_shares_of_zero_in_g_are_finite():
    G = torch.eye(3).requires_grad_()
    value = CooccurrenceAnchor(cooccurrence=[[0.0, 0.5, 0.5], [NAN, 0.0, 1.0], [0.25, 0.5, 0.25]])(G)
    assert torch.isfinite(value)
    assert value > 1
    assert torch.isfinite(torch.autograd.grad(value, G)[0]).all()


def test_permuting_findings_changes_nothing():
    (_, G, _, _), targets = reference.batch(images=20)
    findings = [3, 1, 0, 2]
    value = CooccurrenceAnchor(cooccurrence=cooccurrence(targets))(G)
    other = CooccurrenceAnchor(cooccurrence=cooccurrence(targets[:, findings]))(G[findings][:, findings])
    torch.testing.assert_close(other, value)


def test_the_table_is_a_setting_and_no_state():
    assert CooccurrenceAnchor(cooccurrence=[[1.0]]).state_dict() == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("none", "is no table"),
        ([[0.5, 0.5]], r"is \(1, 2\); give \(findings, findings\)"),
        ([[1.0, 0.0], [0.5, 0.6]], "row 1 of cooccurrence .* sums to 1.1 instead of 1"),
        ([[1.5, -0.5], [0.5, 0.5]], "row 0 of cooccurrence has a negative cell"),
        ([[1.0, 0.0], [NAN, NAN]], "row 1 of cooccurrence .* sums to 0"),
    ],
)
def test_what_is_no_such_table_is_refused(table, message):
    with pytest.raises(ConfigError, match=message):
        CooccurrenceAnchor(cooccurrence=table)


def test_a_table_of_other_findings_is_refused():
    with pytest.raises(ConfigError, match="cooccurrence is of 2 findings, G of 3; count it from the training records"):
        CooccurrenceAnchor(cooccurrence=[[0.5, 0.5], [0.5, 0.5]])(torch.full((3, 3), 1 / 3))
