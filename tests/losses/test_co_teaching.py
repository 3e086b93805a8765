"""Two networks, and which cells each of them learns from; with one network, see the contract test."""

import numpy as np
import pytest
import torch

from lucency.errors import ConfigError, LabelError, LucencyError
from lucency.losses import (
    AssumeNegativeLoss,
    CoTeachingLoss,
    ExpectedPositivesLoss,
    LargeLoss,
    MaskedBCELoss,
    ZeroBoundedPairwiseRankingLoss,
    begin_batch,
    begin_epoch,
)
from references.losses.co_teaching import of_two

NAN = torch.nan
IMAGES, FINDINGS, BATCH = 9, 3, torch.tensor([7, 2, 4, 0])


def case(seed=0):
    """Logits of two networks and targets of a batch in every state; masks of all images."""
    generator = torch.Generator().manual_seed(seed)
    first, second = 3 * torch.randn(2, len(BATCH), FINDINGS, generator=generator, dtype=torch.float64)
    codes = torch.randint(0, 4, (len(BATCH), FINDINGS), generator=generator)
    codes[0], codes[1:, 0] = torch.tensor([0, 1, 3]), torch.tensor([0, 1, 2])
    targets = torch.tensor([1.0, 0.0, 0.3, NAN], dtype=torch.float64)[codes]
    keep = torch.rand(2, IMAGES, FINDINGS, generator=generator) < 0.6
    return first, second, targets, keep


def loss_of(keep, **settings):
    loss = CoTeachingLoss(images=IMAGES, findings=FINDINGS, **settings)
    loss.set_keep(*keep)
    begin_batch(loss, BATCH)
    return loss


def gradients(loss, first, second, targets):
    first, second = first.clone().requires_grad_(), second.clone().requires_grad_()
    value = loss([first, second], targets)
    value.backward()
    return value.detach(), first.grad, second.grad


def rows(tensor):
    return [[None if y != y else y for y in row] for row in tensor.tolist()]


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_the_reference(seed):
    first, second, targets, keep = case(seed)
    kept = [mask[BATCH].tolist() for mask in keep]
    expected = of_two(first.tolist(), second.tolist(), rows(targets), *kept)
    assert loss_of(keep)((first, second), targets).item() == pytest.approx(expected)


def test_gradient_is_that_of_the_value():
    first, second, targets, keep = case()
    loss = loss_of(keep)
    inputs = first.requires_grad_(), second.requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: loss([a, b], targets), inputs)


def test_what_a_network_learns_does_not_depend_on_its_own_choice():
    first, second, targets, keep = case()
    _, before_first, before_second = gradients(loss_of(keep), first, second, targets)
    for own, other, place in ((before_first, before_second, 0), (before_second, before_first, 1)):
        changed = keep.clone()
        changed[place] = ~changed[place]
        after = gradients(loss_of(changed), first, second, targets)[1:]
        assert torch.equal(after[place], own)
        assert not torch.equal(after[1 - place], other)


def test_what_the_other_one_drops_teaches_nothing():
    first, second, targets, keep = case()
    _, of_first, of_second = gradients(loss_of(keep), first, second, targets)
    known = ~targets.isnan()
    assert torch.equal(of_first != 0, known & keep[1, BATCH])
    assert torch.equal(of_second != 0, known & keep[0, BATCH])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_while_all_are_kept_each_network_learns_as_by_itself(dtype):
    first, second, targets, _ = case()
    loss = CoTeachingLoss(images=IMAGES, findings=FINDINGS)
    begin_batch(loss, BATCH)
    value, *learned = gradients(loss, first.to(dtype), second.to(dtype), targets)
    alone = [logits.to(dtype).requires_grad_() for logits in (first, second)]
    values = [MaskedBCELoss()(logits, targets) for logits in alone]
    sum(values).backward()
    assert torch.equal(value, sum(values).detach())
    assert all(torch.equal(logits.grad, grad) for logits, grad in zip(alone, learned, strict=True))


def test_one_network_learns_from_what_both_keep():
    first, _, targets, keep = case()
    both = torch.where(keep.all(dim=0)[BATCH], targets, NAN)
    torch.testing.assert_close(loss_of(keep)(first, targets), MaskedBCELoss()(first, both))


def test_nothing_kept_is_zero():
    first, second, targets, keep = case()
    for grad in gradients(loss_of(torch.zeros_like(keep)), first, second, targets):
        assert (grad == 0).all()


def test_unknown_labels_stay_what_the_classification_loss_makes_of_them():
    first, second, targets, keep = case()
    loss = loss_of(keep, classification=AssumeNegativeLoss())
    unknown = targets.isnan()
    filled = torch.where(unknown, 0.0, targets)
    parts = [
        MaskedBCELoss()(logits, torch.where(mask[BATCH] | unknown, filled, NAN))
        for logits, mask in ((first, keep[1]), (second, keep[0]))
    ]
    torch.testing.assert_close(loss([first, second], targets), sum(parts))


def test_the_classification_loss_is_told_what_it_wants_to_know():
    first, second, targets, keep = case()
    loss = loss_of(keep, classification=LargeLoss(mode="reject"))
    begin_epoch(loss, 1, 4)
    assert torch.isfinite(loss([first, second], targets))


def test_images_may_come_in_any_order():
    first, second, targets, keep = case()
    order = torch.tensor([2, 0, 3, 1])
    loss = loss_of(keep)
    expected = loss([first, second], targets)
    begin_batch(loss, BATCH[order])
    torch.testing.assert_close(loss([first[order], second[order]], targets[order]), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_two_networks_are_finite_at_extreme_logits(size, dtype):
    _, _, targets, keep = case()
    logits = (size * torch.tensor([1.0, -1.0, 1.0]).expand(4, 3)).to(dtype)
    value, *grads = gradients(loss_of(keep), logits, -logits, targets)
    assert value.dtype == torch.float32
    assert torch.isfinite(value)
    assert all(torch.isfinite(grad).all() and grad.dtype == dtype for grad in grads)


def test_the_choice_is_saved():
    first, second, targets, keep = case()
    restored = CoTeachingLoss(images=IMAGES, findings=FINDINGS)
    restored.load_state_dict(loss_of(keep).state_dict())
    begin_batch(restored, BATCH)
    assert torch.equal(restored([first, second], targets), loss_of(keep)([first, second], targets))


def test_masks_of_numpy_are_taken():
    keep = case()[3]
    loss = loss_of(keep.numpy())
    assert torch.equal(loss.keep, keep)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (np.ones((IMAGES, 2), bool), np.ones((IMAGES, 2), bool), r"mask of network 1 is torch.bool \(9, 2\), not"),
        (np.ones((IMAGES, 3), bool), np.ones((1, 3), bool), r"mask of network 2 is torch.bool \(1, 3\)"),
        (np.ones((IMAGES, 3), bool), np.ones((IMAGES, 3)), "mask of network 2 is torch.float64"),
    ],
)
def test_masks_that_do_not_fit_are_refused_and_change_nothing(first, second, message):
    loss = CoTeachingLoss(images=IMAGES, findings=FINDINGS)
    with pytest.raises(ConfigError, match=message):
        loss.set_keep(~first, second)
    assert loss.keep.all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"images": 0, "findings": 3}, "images is 0"),
        ({"images": 3, "findings": 2.0}, "findings is 2.0"),
        ({"images": True, "findings": 2}, "images is True"),
        ({"images": 3, "findings": 2, "classification": torch.nn.BCEWithLogitsLoss()}, "is a BCEWithLogitsLoss"),
        (
            {"images": 3, "findings": 2, "classification": ExpectedPositivesLoss(expected_positives=1)},
            "is a ExpectedPositivesLoss, which is no sum over single cells",  # its penalty is one of the batch
        ),
    ],
)
def test_settings_are_checked(settings, message):
    with pytest.raises(ConfigError, match=f"CoTeachingLoss: .*{message}"):
        CoTeachingLoss(**settings)


def test_a_loss_of_whole_images_is_refused():
    first, second, targets, keep = case()
    with pytest.raises(ConfigError, match="ZeroBoundedPairwiseRankingLoss is a loss of whole images"):
        loss_of(keep, classification=ZeroBoundedPairwiseRankingLoss())([first, second], targets)


@pytest.mark.parametrize("networks", [0, 1, 3])
def test_another_number_of_networks_is_refused(networks):
    first, _, targets, keep = case()
    with pytest.raises(LucencyError, match=f"logits of {networks} networks; give those of two"):
        loss_of(keep)([first] * networks, targets)


def test_both_networks_are_checked():
    first, second, targets, keep = case()
    second[2, 1] = torch.inf
    with pytest.raises(LucencyError, match="logit inf in row 2, column 1"):
        loss_of(keep)([first, second], targets)
    with pytest.raises(LucencyError, match=r"logits are \(3, 3\) and targets \(4, 3\)"):
        loss_of(keep)([first, first[:3]], targets)
    targets[0, 0] = -1
    with pytest.raises(LabelError, match="target -1 in row 0, column 0"):
        loss_of(keep)([first, first], targets)


def test_a_batch_with_other_findings_is_refused():
    loss = CoTeachingLoss(images=IMAGES, findings=2)
    begin_batch(loss, BATCH)
    first, second, targets, _ = case()
    with pytest.raises(ConfigError, match="findings is 2, but the batch has 3"):
        loss([first, second], targets)
