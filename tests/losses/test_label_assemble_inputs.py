"""What Label-Assemble takes, refuses and leaves as it is, with several views."""

import pytest
import torch

from lucency.errors import ConfigError, LabelError, LucencyError
from lucency.losses import LabelAssembleLoss, WeightedSumLoss
from references.logit_views import batch, gradients

NAN = torch.nan


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_two_views_are_finite_at_extreme_logits(size, dtype):
    signs = torch.tensor([[1.0, -1.0, 1.0, -1.0]] * 2)
    targets = torch.tensor([[NAN, NAN, 1.0, 0.0], [0.0, NAN, NAN, 1.0]])
    weak, strong = (size * signs).to(dtype), (-size * signs).to(dtype)
    value, grads = gradients(LabelAssembleLoss(), [weak, strong], targets)
    assert value.dtype == torch.float32
    assert torch.isfinite(value)
    assert all(torch.isfinite(grad).all() and grad.dtype == dtype for grad in grads)
    one = torch.zeros(1, 1, requires_grad=True)
    LabelAssembleLoss(consistency_weight=0)(one, torch.full((1, 1), NAN)).backward()
    assert one.grad == pytest.approx(2 * 0.125 * 0.25)  # (a - a + a/4)² of a = 1/2


def test_images_and_findings_may_come_in_any_order_and_twice():
    logits, targets = batch(views=3)
    loss = LabelAssembleLoss(confidence_band=0.1)
    images, findings = torch.tensor([3, 0, 5, 1, 4, 2]), torch.tensor([2, 0, 3, 1])
    value = loss(logits, targets)
    permuted = [view[images][:, findings] for view in logits]
    torch.testing.assert_close(loss(permuted, targets[images][:, findings]), value)
    torch.testing.assert_close(loss([view.repeat(2, 1) for view in logits], targets.repeat(2, 1)), value)


def test_micro_batches_are_another_loss():
    logits, targets = batch()
    loss = LabelAssembleLoss()
    halves = [loss([view[half] for view in logits], targets[half]) for half in (slice(0, 3), slice(3, 6))]
    assert not torch.isclose(sum(halves) / 2, loss(logits, targets))


def test_inputs_are_not_changed():
    logits, targets = batch(views=3)
    before = [view.clone() for view in logits], targets.clone()
    gradients(LabelAssembleLoss(), logits, targets)
    torch.testing.assert_close((logits, targets), before, rtol=0, atol=0, equal_nan=True)


def test_one_view_with_a_weight_on_consistency_is_refused():
    (weak, _), targets = batch()
    message = r"LabelAssembleLoss: consistency_weight is 1 and there is one view; use PrepareBatch.* to 0"
    with pytest.raises(ConfigError, match=message):
        LabelAssembleLoss()(weak, targets)
    with pytest.raises(ConfigError, match=message):
        WeightedSumLoss(losses=[LabelAssembleLoss()], weights=[1.0])(weak, targets)


@pytest.mark.parametrize("views", [0, 1, 4])
def test_another_number_of_views_is_refused(views):
    logits, targets = batch(views=views)
    with pytest.raises(
        LucencyError, match=f"LabelAssembleLoss: {views} tensors of logits; give .* weak and the strong"
    ):
        LabelAssembleLoss()(logits, targets)


def test_every_view_is_checked():
    for place in range(3):
        logits, targets = batch(views=3)
        logits[place][4, 1] = torch.inf
        with pytest.raises(LucencyError, match="logit inf in row 4, column 1"):
            LabelAssembleLoss()(logits, targets)
        logits[place] = logits[place][:3]
        with pytest.raises(LucencyError, match=r"logits are \(3, 4\) and targets \(6, 4\)"):
            LabelAssembleLoss()(logits, targets)
    targets[0, 0] = -1
    with pytest.raises(LabelError, match="target -1 in row 0, column 0"):
        LabelAssembleLoss()(batch()[0], targets)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bce_weight": -1},
        {"pseudo_weight": NAN},
        {"consistency_weight": torch.inf},
        {"threshold": 1.1},
        {"temperature": 0.5},
        {"ramp_up": 2},
        {"confidence_band": -0.1},
    ],
)
def test_numbers_outside_their_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"LabelAssembleLoss: {next(iter(wrong))} is "):
        LabelAssembleLoss(**wrong)
