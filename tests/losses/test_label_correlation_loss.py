"""The sum of classification, consistency, anchor and contrast, its parts, and what changes nothing."""

import copy

import pytest
import torch
from monai.bundle import ConfigParser

from lucency.losses import (
    AsymmetricLoss,
    AsymmetricPseudoLabelsLoss,
    LabelContrast,
    LabelCorrelationLoss,
    LabelCorrelations,
    MaskedBCELoss,
    begin_batch,
    begin_epoch,
)
from lucency.losses.label_correlation_loss import local_variance
from lucency.networks import LabelCorrelationHead
from references import label_contrast as contrast_reference
from references import label_correlations as reference
from references.label_correlations import batch, complete, gradients

NAN = torch.nan
PARTS = ("classification", "consistency", "anchor", "contrast")


@pytest.mark.parametrize(("epoch", "ramp"), [(1, 0.0), (2, 0.5), (3, 1.0), (9, 1.0)])
def test_value_and_parts_equal_the_references(epoch, ramp):
    output, targets = batch()
    z, G, L, u = output
    loss = complete(targets, epoch, consistency_weight=0.7, anchor_weight=0.2, contrast_weight=0.4)
    labels = reference.rows(targets)
    expected = [
        MaskedBCELoss()(z, targets).item(),
        reference.consistency(G.tolist(), L.tolist(), labels),
        reference.anchor(reference.cooccurrence(labels, 1e-4), G.tolist()),
        contrast_reference.contrast(u.tolist(), labels, G.tolist()),
    ]
    weights = [1, 0.7, 0.2, ramp * 0.4]
    assert loss(output, targets).item() == pytest.approx(sum(w * v for w, v in zip(weights, expected, strict=True)))
    assert [loss.parts[name].item() for name in PARTS] == pytest.approx(expected)
    assert not any(part.requires_grad for part in loss.parts.values())


def test_gradient_is_that_of_the_value():
    output, targets = batch()
    loss = complete(targets, consistency_weight=0.7)
    fixed = output.G.detach().clone()  # to the contrast G is a constant
    loss.contrast.forward = lambda u, targets, _, forward=loss.contrast.forward: forward(u, targets, fixed)
    assert torch.autograd.gradcheck(
        lambda *parts: loss(LabelCorrelations(*parts), targets), tuple(output), fast_mode=True
    )


def test_local_variance_is_that_over_the_images():
    L = batch()[0].L
    cells = [[[image[c][d] for image in L.tolist()] for d in range(4)] for c in range(4)]
    flat = [values for row in cells for values in row]
    expected = [sum((v - sum(values) / 5) ** 2 for v in values) / 5 for values in flat]
    assert local_variance(L).item() == pytest.approx(sum(expected) / 16)
    assert local_variance(L[:1]) == 0
    assert local_variance(L[:1].expand(5, 4, 4)).item() == pytest.approx(0)


@pytest.mark.parametrize("off", ["weights", "parts"])
def test_without_its_parts_it_is_its_classification_loss(off):
    output, targets = batch()
    loss = (
        LabelCorrelationLoss(classification=AsymmetricLoss())
        if off == "parts"
        else complete(
            targets, classification=AsymmetricLoss(), consistency_weight=0, anchor_weight=0, contrast_weight=0
        )
    )
    expected = AsymmetricLoss()(output.z, targets)
    assert torch.equal(loss(output, targets), expected)
    assert torch.equal(loss(output.z, targets), expected)
    _, (z, *others) = gradients(loss, output, targets)
    assert torch.equal(z, torch.autograd.grad(AsymmetricLoss()(output.z, targets), output.z)[0])
    assert all((grad == 0).all() for grad in others)  # zero, and not none


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_every_parameter_of_the_network_gets_a_gradient_whatever_is_used(weight):
    head = LabelCorrelationHead(6, 4, dim=8, projection=3).double()
    targets = batch()[1]
    loss = complete(targets, consistency_weight=weight, anchor_weight=weight, contrast_weight=weight)
    output = head(torch.randn(5, 6, 2, 2, dtype=torch.float64))
    loss(output, targets).backward()
    assert all(parameter.grad is not None for parameter in head.parameters())
    for part in (head.local_correlation, head.projector):
        assert any(parameter.grad.any() for parameter in part.parameters()) == (weight > 0)


def test_unknown_labels_take_no_part():
    output, targets = batch()
    targets[:, 1] = NAN
    targets[2] = NAN
    unknown = targets.isnan()
    _, (z, _, L, u) = gradients(complete(targets), output, targets)
    for grad in (z, L, u):
        assert (grad[unknown] == 0).all()
        assert (grad[~unknown] != 0).any()


def test_permuting_images_and_findings_changes_nothing():
    output, targets = batch()
    images, findings = torch.tensor([4, 2, 0, 1, 3]), torch.tensor([2, 0, 3, 1])
    z, G, L, u = output
    permuted = LabelCorrelations(
        z[images][:, findings],
        G[findings][:, findings],
        L[images][:, findings][:, :, findings],
        u[images][:, findings],
    )
    other = targets[images][:, findings]
    torch.testing.assert_close(complete(other)(permuted, other), complete(targets)(output, targets))


def test_a_stateful_classification_loss_inside_is_told_epoch_and_images():
    output, targets = batch()
    training = targets.repeat(2, 1)
    index = torch.tensor([5, 2, 7, 3, 9])
    alone = AsymmetricPseudoLabelsLoss(training_targets=training, warm_up=1)
    loss = LabelCorrelationLoss(classification=copy.deepcopy(alone), contrast=LabelContrast(mode="plain"))
    for part in (alone, loss):
        begin_epoch(part, 3, 5)
        begin_batch(part, index)
    loss(output, targets)
    assert torch.equal(loss.parts["classification"], alone(output.z, targets).detach())
    assert loss.state_dict().keys() == {f"classification.{key}" for key in alone.state_dict()}


def test_yaml_combines_it_with_any_masked_loss():
    _, targets = batch()
    parser = ConfigParser(
        {
            "loss": {
                "_target_": "lucency.losses.LabelCorrelationLoss",
                "classification": {"_target_": "lucency.losses.AsymmetricLoss"},
                "consistency": {"_target_": "lucency.losses.CorrelationConsistency", "divergence": "js"},
                "anchor": {
                    "_target_": "lucency.losses.CooccurrenceAnchor",
                    "cooccurrence": {"_target_": "lucency.losses.cooccurrence", "targets": targets.tolist()},
                },
                "contrast": {"_target_": "lucency.losses.LabelContrast", "mode": "soft_pos"},
            }
        }
    )
    text = str(parser.get_parsed_content("loss"))
    for shown in ("AsymmetricLoss", "divergence=js, rows=positive", "findings=4, rows=4", "mode=soft_pos", "ramp=2.0"):
        assert shown in text
