"""LL-Cp remembers what it has corrected, for each image."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, PermanentLargeLoss

NAN = torch.nan
IMAGES, FINDINGS = 12, 5


def batch(index, seed=0):
    """Logits that need a gradient, and the targets of these images."""
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, 4, (IMAGES, FINDINGS), generator=generator)
    targets = torch.tensor([1.0, 0.0, NAN, NAN], dtype=torch.float64)[codes]
    logits = 4 * torch.randn(len(index), FINDINGS, generator=generator, dtype=torch.float64)
    return logits.requires_grad_(), targets[index]


def step(loss, index, logits, targets):
    loss.set_index(torch.tensor(index))
    return loss(logits, targets)


def test_each_batch_corrects_so_many_more_until_none_is_left():
    index = list(range(6))
    logits, targets = batch(index)
    loss = PermanentLargeLoss(images=IMAGES, findings=FINDINGS, delta_rel=10)
    unknown = torch.isnan(targets)
    for times in range(1, 9):
        before = loss.corrected.clone()
        step(loss, index, logits, targets)
        assert loss.corrected.sum() == min(3 * times, unknown.sum())
        assert (loss.corrected | ~before).all()  # for good
        fresh, left = (loss.corrected & ~before)[:6], unknown & ~loss.corrected[:6]
        if fresh.any() and left.any():
            assert logits[fresh].min() > logits[left].max()
    assert torch.equal(loss.corrected[:6], unknown)
    assert not loss.corrected[6:].any()


def test_corrected_labels_are_positives():
    index = [3, 8, 1]
    logits, targets = batch(index)
    loss = PermanentLargeLoss(images=IMAGES, findings=FINDINGS, delta_rel=20)
    for _ in range(2):
        got = step(loss, index, logits, targets)
        filled = torch.where(torch.isnan(targets) & loss.corrected[index], 1.0, targets)
        torch.testing.assert_close(got, AssumeNegativeLoss()(logits, filled))


def test_without_a_rate_it_is_assume_negative():
    index = [0, 1, 2]
    logits, targets = batch(index)
    loss = PermanentLargeLoss(images=IMAGES, findings=FINDINGS, delta_rel=0)
    assert torch.equal(step(loss, index, logits, targets), AssumeNegativeLoss()(logits, targets))


def test_without_a_gradient_nothing_is_corrected():
    index = [0, 1, 2]
    logits, targets = batch(index)
    loss = PermanentLargeLoss(images=IMAGES, findings=FINDINGS, delta_rel=20)
    step(loss, index, logits.detach(), targets)
    assert not loss.corrected.any()


def test_an_image_that_is_in_the_batch_twice_keeps_both_corrections():
    loss = PermanentLargeLoss(images=2, findings=2, delta_rel=50)
    logits = torch.tensor([[9.0, 0.0], [0.0, 8.0]], requires_grad=True)
    step(loss, [1, 1], logits, torch.full((2, 2), NAN))
    assert loss.corrected.tolist() == [[False, False], [True, True]]


def test_a_label_that_is_known_after_all_counts():
    loss = PermanentLargeLoss(images=1, findings=2, delta_rel=0)
    loss.corrected[0] = True
    got = step(loss, [0], torch.zeros(1, 2), torch.tensor([[0.0, NAN]]))
    torch.testing.assert_close(got, AssumeNegativeLoss()(torch.zeros(1, 2), torch.tensor([[0.0, 1.0]])))


def test_micro_batches_correct_other_labels():
    index = list(range(8))
    logits, targets = batch(index)
    logits.data[:4] += 9  # the largest losses are all in the first half
    whole, halves = (PermanentLargeLoss(images=IMAGES, findings=FINDINGS, delta_rel=10) for _ in range(2))
    step(whole, index, logits, targets)
    for part in (slice(0, 4), slice(4, 8)):
        step(halves, index[part], logits[part], targets[part])
    assert whole.corrected.sum() == halves.corrected.sum()
    assert not torch.equal(whole.corrected, halves.corrected)


@pytest.mark.parametrize(
    "size", [{"images": 0, "findings": 3}, {"images": 3, "findings": -1}, {"images": 2.5, "findings": 1}]
)
def test_sizes_are_checked(size):
    with pytest.raises(ConfigError, match=r"PermanentLargeLoss: (images|findings) is .*1 or more"):
        PermanentLargeLoss(**size)


@pytest.mark.parametrize(
    ("index", "findings", "message"),
    [
        ([0, IMAGES], FINDINGS, "there are 12 training images"),
        ([0, -1], FINDINGS, "index has -1 to 0"),
        ([0, 1], FINDINGS + 1, "findings is 5, but the batch has 6"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused(index, findings, message):
    loss = PermanentLargeLoss(images=IMAGES, findings=FINDINGS)
    with pytest.raises(ConfigError, match=f"PermanentLargeLoss: .*{message}"):
        step(loss, index, torch.zeros(2, findings), torch.ones(2, findings))
