"""What label-correlation loss takes and refuses, and degenerate batches of every kind."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.data import MetaTensor

from lucency.errors import ConfigError, LabelError, LucencyError
from lucency.losses import (
    CooccurrenceAnchor,
    CorrelationConsistency,
    LabelContrast,
    LabelCorrelationLoss,
    LabelCorrelations,
    begin_batch,
    cooccurrence,
)
from references.label_correlations import batch, complete, gradients

NAN = torch.nan


@pytest.mark.parametrize("name", ["consistency", "anchor", "contrast"])
@pytest.mark.parametrize("alone", [True, False])
def test_a_part_that_the_network_gives_nothing_for_is_refused(name, alone):
    output, targets = batch()
    weights = {f"{part}_weight": float(part == name) for part in ("consistency", "anchor", "contrast")}
    loss = complete(targets, **weights)
    wanted = "projection above 0" if name == "contrast" else "global_correlation set to true"
    given = output.z if alone else LabelCorrelations(output.z, None, None, None)
    with pytest.raises(ConfigError, match=rf"{name} needs .* network_def#{wanted}; without it set {name}_weight to 0"):
        loss(given, targets)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_lower_precision_is_computed_in_full(dtype):
    output, targets = batch()
    low = LabelCorrelations(*(part.detach().to(dtype).requires_grad_() for part in output))
    full = LabelCorrelations(*(part.detach().float().requires_grad_() for part in low))
    loss = complete(targets)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value, grads = gradients(loss, low, targets.float())
    assert value.dtype == torch.float32
    assert torch.equal(value, loss(full, targets.float()))
    assert all(torch.isfinite(grad).all() and grad.dtype == dtype for grad in grads)


def test_meta_tensors_are_taken_and_plain_tensors_given():
    output, targets = batch()
    meta = LabelCorrelations(*(MetaTensor(part.detach()) for part in output))
    loss = complete(targets)
    value = loss(meta, MetaTensor(targets))
    assert type(value) is torch.Tensor
    assert all(type(part) is torch.Tensor for part in loss.parts.values())
    assert torch.equal(value, loss(output, targets))


CODES = st.sampled_from([1.0, 1.0, 0.0, 0.3, NAN])


@st.composite
def degenerate(draw):
    """A batch of few images and findings, of equal or different features, and settings of every kind."""
    images, findings = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    rows = st.lists(CODES, min_size=findings, max_size=findings)
    targets = torch.tensor(draw(st.lists(rows, min_size=images, max_size=images)))
    output, _ = batch(images, findings, seed=draw(st.integers(0, 99)), spread=draw(st.sampled_from([0.0, 1.0, 300.0])))
    u = output.u.detach()
    if draw(st.booleans()):
        u = torch.nn.functional.normalize(torch.ones_like(u), dim=-1)
    dtype = draw(st.sampled_from([torch.float32, torch.float16, torch.bfloat16]))
    parts = [part.detach().to(dtype).requires_grad_() for part in (output.z, output.G, output.L, u)]
    consistency = CorrelationConsistency(
        divergence=draw(st.sampled_from(["kl", "mse", "js"])), rows=draw(st.sampled_from(["positive", "all"]))
    )
    contrast = LabelContrast(
        mode=draw(st.sampled_from(["guided", "soft_pos", "plain"])),
        temperature=draw(st.sampled_from([0.001, 0.2])),
        rho=draw(st.sampled_from([0.0, 0.5, 1.0])),
        queue_size=draw(st.sampled_from([0, 6])),
        findings=findings,
        projection=3,
    )
    return LabelCorrelations(*parts), targets, consistency, contrast


@given(degenerate())
@settings(max_examples=40, deadline=None)
def test_every_degenerate_batch_has_a_finite_value_and_gradient(drawn):
    output, targets, consistency, contrast = drawn
    anchor = CooccurrenceAnchor(cooccurrence=cooccurrence(targets))
    loss = LabelCorrelationLoss(consistency=consistency, anchor=anchor, contrast=contrast, contrast_ramp=0)
    for number in range(3):  # the queue is empty, then holds this image, then another one too
        begin_batch(loss, torch.arange(len(targets)) + number // 2)
        value, grads = gradients(loss, output, targets)
        assert torch.isfinite(value)
        assert all(torch.isfinite(grad).all() for grad in grads)
        assert all(torch.isfinite(part) for part in loss.parts.values())
    nothing = torch.full_like(targets, NAN)
    _, (z, _, L, u) = gradients(loss, output, nothing)
    assert loss.parts["classification"] == loss.parts["consistency"] == loss.parts["contrast"] == 0
    assert all((grad == 0).all() for grad in (z, L, u))


def test_what_is_wrong_is_refused_with_its_place():
    output, targets = batch()
    loss = complete(targets)
    codes = targets.clone()
    codes[1, 2] = -1
    with pytest.raises(LabelError, match="LabelCorrelationLoss: target -1 in row 1, column 2"):
        loss(output, codes)
    with pytest.raises(LucencyError, match=r"logits are \(5, 4\) and targets \(5, 3\)"):
        loss(output, targets[:, :3])
    with pytest.raises(LucencyError, match="LabelCorrelationLoss: logits are a list, no tensor"):
        loss([output.z], targets)
    with pytest.raises(ConfigError, match=r"RampUp: .* not told which it is"):
        LabelCorrelationLoss(contrast=LabelContrast())(output, targets)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"classification": torch.nn.BCEWithLogitsLoss()}, "classification is a BCEWithLogitsLoss, which knows no"),
        ({"consistency": "kl"}, "consistency is 'kl'; give a part of lucency.losses, or null"),
        ({"contrast": LabelContrast}, "contrast is <class .*>; give a part of lucency.losses"),
        ({"consistency_weight": -1}, "consistency_weight is -1"),
        ({"anchor_weight": NAN}, "anchor_weight is nan"),
        ({"contrast_weight": True}, "contrast_weight is True"),
        ({"contrast_ramp": -2}, "LabelCorrelationLoss: contrast_ramp is -2"),
    ],
)
def test_wrong_arguments_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        LabelCorrelationLoss(**wrong)
