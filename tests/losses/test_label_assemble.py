"""Two views, who teaches whom, and what the pseudo-labels do when they are left alone."""

import math

import pytest
import torch

from lucency.losses import LabelAssembleLoss, MaskedBCELoss, begin_epoch
from references.logit_views import batch, gradients, rows
from references.losses import label_assemble as reference
from references.losses.contract import EPOCH, MAX_EPOCHS

NAN = torch.nan
WEIGHTS = ("bce_weight", "pseudo_weight", "consistency_weight")


def parts(loss, logits, targets):
    loss(logits, targets)
    return {name: part.item() for name, part in loss.parts.items()}


@pytest.mark.parametrize("views", [2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"threshold": 0.3, "temperature": 1},
        {"confidence_band": 0.2, "temperature": 2.5},
        {"bce_weight": 0.5, "pseudo_weight": 2.0, "consistency_weight": 3.0, "ramp_up": 0.5},
    ],
)
def test_value_and_parts_of_several_views_equal_the_reference(views, settings):
    logits, targets = batch(views=views)
    loss = LabelAssembleLoss(**settings)
    begin_epoch(loss, EPOCH, MAX_EPOCHS)
    weak, *others = [view.tolist() for view in logits]
    assert loss(logits, targets).item() == pytest.approx(reference.value(weak, rows(targets), *others, **settings))
    inner = {key: value for key, value in settings.items() if key not in (*WEIGHTS, "ramp_up")}
    expected = reference.parts(weak, rows(targets), *others, **inner)
    assert tuple(parts(loss, logits, targets).values()) == pytest.approx(expected)
    assert not any(part.requires_grad for part in loss.parts.values())


def test_gradients_are_those_of_the_value_with_the_pseudo_label_held_fixed():
    (weak, strong), targets = batch()
    loss = LabelAssembleLoss()
    teacher, views = weak.clone(), (weak.requires_grad_(), strong.requires_grad_())
    assert torch.autograd.gradcheck(lambda *views: loss([*views, teacher], targets), views, fast_mode=True)
    by_teacher = gradients(loss, [weak.detach(), strong.detach(), teacher], targets)
    by_itself = gradients(loss, [weak.detach(), strong.detach()], targets)
    assert torch.equal(by_itself[0], by_teacher[0])
    for ours, expected in zip(by_itself[1], by_teacher[1], strict=False):
        assert torch.equal(ours, expected)


@pytest.mark.parametrize("temperature", [1.5, 4.0, 10.0])
def test_without_detaching_the_gradient_would_be_t_times_smaller(temperature):
    (weak, _), targets = batch()
    unknown = torch.isnan(targets)
    loss = LabelAssembleLoss(bce_weight=0, consistency_weight=0, temperature=temperature)
    attached = weak.clone().requires_grad_()
    a = torch.sigmoid(attached)
    label = torch.where(a > 0.5, a + (1 - a) / temperature, a - a / temperature)
    (a - label)[unknown].square().mean().backward()
    detached = weak.clone().requires_grad_()
    loss(detached, targets).backward()
    torch.testing.assert_close(detached.grad, temperature * attached.grad)
    assert (detached.grad[unknown] != 0).all()


def test_the_teacher_gets_no_gradient_and_alone_says_what_the_pseudo_label_is():
    (weak, strong, teacher), targets = batch(views=3)
    loss = LabelAssembleLoss(temperature=1)
    _, (_, _, from_teacher) = gradients(loss, [weak, strong, teacher], targets)
    assert from_teacher is None
    same_side = torch.sign(teacher) * 7.0
    assert torch.equal(loss([weak, strong, teacher], targets), loss([weak, strong, same_side], targets))
    assert not torch.isclose(loss([weak, strong, teacher], targets), loss([weak, strong, -teacher], targets))


def test_known_cells_move_only_the_cross_entropy_and_unknown_ones_only_the_rest():
    (weak, strong), targets = batch()
    known = ~torch.isnan(targets)
    loss = LabelAssembleLoss()
    before = parts(loss, [weak, strong], targets)
    on_known = parts(loss, [weak + known, strong + known], targets)
    on_unknown = parts(loss, [weak + ~known, strong + ~known], targets)
    changed = {name: (on_known[name] != before[name], on_unknown[name] != before[name]) for name in before}
    assert changed == {"bce": (True, False), "pseudo": (False, True), "consistency": (False, True)}


def test_the_labels_meet_the_weak_view_alone():
    logits, targets = batch()
    known = ~torch.isnan(targets)
    _, (weak_grad, strong_grad) = gradients(LabelAssembleLoss(), logits, targets)
    assert (strong_grad[known] == 0).all()
    assert (strong_grad[~known] != 0).all()
    assert (weak_grad[known] != 0).all()


def test_fully_labelled_it_is_the_cross_entropy_and_without_labels_it_is_the_rest():
    (weak, strong), targets = batch()
    complete = targets.nan_to_num(nan=0.0)
    loss = LabelAssembleLoss()
    torch.testing.assert_close(loss([weak, strong], complete), MaskedBCELoss()(weak, complete))
    assert loss.parts["pseudo"] == loss.parts["consistency"] == 0
    value, grads = gradients(loss, [weak, strong], torch.full_like(targets, NAN))
    assert loss.parts["bce"] == 0
    assert value == loss.parts["pseudo"] + loss.parts["consistency"] > 0
    assert all(torch.isfinite(grad).all() for grad in grads)


def test_weights_of_zero_leave_the_masked_cross_entropy():
    (weak, strong), targets = batch()
    loss = LabelAssembleLoss(pseudo_weight=0, consistency_weight=0)
    expected = MaskedBCELoss()(weak, targets)
    torch.testing.assert_close(loss(weak, targets), expected)
    value, (_, strong_grad) = gradients(loss, [weak, strong], targets)
    torch.testing.assert_close(value, expected)
    assert (strong_grad == 0).all()


def test_an_infinite_temperature_leaves_nothing_to_learn_but_that_the_views_agree():
    (weak, strong), targets = batch()
    loss = LabelAssembleLoss(temperature=torch.inf)
    _, (weak_grad, _) = gradients(loss, [weak, strong], targets)
    assert loss.parts["pseudo"] == 0
    assert (weak_grad[torch.isnan(targets)] == 0).all()
    unknown = torch.isnan(targets)
    expected = (torch.sigmoid(weak) - torch.sigmoid(strong))[unknown].square().mean()
    torch.testing.assert_close(loss.parts["consistency"], expected)


def test_the_band_of_doubt_leaves_cells_out_of_the_sum_but_not_of_the_count():
    weak = torch.tensor([[0.1, 2.0, -3.0, -0.1]], dtype=torch.float64)
    strong, targets = torch.zeros_like(weak), torch.full_like(weak, NAN)
    loss = LabelAssembleLoss(confidence_band=0.1)  # logits between -0.405 and 0.405
    _, grads = gradients(loss, [weak, strong], targets)
    for grad in grads:
        assert (grad[0, [0, 3]] == 0).all()
    _, without = gradients(LabelAssembleLoss(), [weak, strong], targets)
    for grad, full in zip(grads, without, strict=True):
        assert torch.equal(grad[0, [1, 2]], full[0, [1, 2]])


def test_the_ramp_spares_the_labels():
    (weak, strong), targets = batch()
    loss = LabelAssembleLoss(ramp_up=0.5)
    values = []
    for epoch in (1, 2, 6, 10):
        begin_epoch(loss, epoch, 10)
        values.append(loss([weak, strong], targets).item())
    bce, pseudo, consistency = (part.item() for part in loss.parts.values())
    assert values == pytest.approx([bce + factor * (pseudo + consistency) for factor in (0, 0.2, 1, 1)])


def test_pseudo_labels_alone_drive_every_probability_away_from_the_threshold():
    logits = torch.linspace(-6, 6, 241, dtype=torch.float64).unsqueeze(0)
    loss = LabelAssembleLoss(bce_weight=0, consistency_weight=0)
    grad = gradients(loss, [logits, logits], torch.full_like(logits, NAN))[1][0][0]
    expected = [reference.pseudo_slope(z) / logits.numel() for z in logits[0].tolist()]
    assert grad.tolist() == pytest.approx(expected)
    above = torch.sigmoid(logits[0]) > 0.5
    assert (grad[above] < 0).all()
    assert (grad[~above] > 0).all()


def test_a_hundredth_of_doubt_becomes_certainty_without_a_label():
    ends = []
    for p in (0.49, 0.51):
        z = math.log(p / (1 - p))
        for _ in range(3000):
            z -= 0.5 * reference.pseudo_slope(z)
        ends.append(round(reference.sigmoid(z), 3))
    assert ends == [0.027, 0.973]


def test_a_band_of_doubt_or_a_teacher_stops_the_amplifier():
    weak, targets = torch.logit(torch.tensor([[0.49, 0.51]])), torch.full((1, 2), NAN)
    _, grads = gradients(LabelAssembleLoss(consistency_weight=0, confidence_band=0.05), [weak, weak], targets)
    assert (grads[0] == 0).all()
    _, grads = gradients(LabelAssembleLoss(consistency_weight=0), [weak, weak], targets)
    assert grads[0][0, 1] < 0 < grads[0][0, 0]  # apart
    _, grads = gradients(LabelAssembleLoss(consistency_weight=0), [weak, weak, -weak], targets)
    assert grads[0][0, 0] < 0 < grads[0][0, 1]  # where the teacher goes
