"""LL-R and LL-Ct against assume negative: which labels they treat otherwise, and how."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, LargeLoss

NAN = torch.nan
modes = pytest.mark.parametrize("mode", ["reject", "correct"])


def batch(images=10, findings=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 4 * torch.randn(images, findings, generator=generator, dtype=torch.float64)
    codes = torch.randint(0, 4, (images, findings), generator=generator)
    return logits, torch.tensor([1.0, 0.0, NAN, NAN], dtype=torch.float64)[codes]


def make(epoch, **settings):
    loss = LargeLoss(**settings)
    loss.set_epoch(epoch, 10)
    return loss


def changed(loss, logits, targets):
    """The cells whose part of the loss is not that of assume negative."""
    (terms, weight), (an_terms, _) = loss.terms(logits, targets), AssumeNegativeLoss().terms(logits, targets)
    return terms * weight != an_terms


@modes
@pytest.mark.parametrize("per_class", [False, True])
def test_the_first_epoch_is_assume_negative(mode, per_class):
    logits, targets = batch()
    loss = make(1, mode=mode, delta_rel=50, per_class=per_class)
    assert torch.equal(loss(logits, targets), AssumeNegativeLoss()(logits, targets))


@modes
@pytest.mark.parametrize(("epoch", "count"), [(2, 6), (3, 12), (4, 18)])
def test_exactly_so_many_unknown_labels_are_treated_otherwise(mode, epoch, count):
    logits, targets = batch()
    cells = changed(make(epoch, mode=mode, delta_rel=10), logits, targets)
    assert cells.sum() == count
    assert torch.isnan(targets[cells]).all()
    left = torch.isnan(targets) & ~cells
    assert logits[cells].min() > logits[left].max()


@modes
@pytest.mark.parametrize("per_class", [False, True])
def test_known_labels_never_change_however_many_are_asked_for(mode, per_class):
    logits, targets = batch()
    cells = changed(make(10, mode=mode, delta_rel=100, per_class=per_class), logits, targets)
    assert torch.equal(cells, torch.isnan(targets))


@modes
def test_each_finding_may_have_its_own_rate(mode):
    logits, targets = batch(images=20)
    rates = [0.0, 5.0, 10.0, 15.0, 20.0, 12.5]
    cells = changed(make(2, mode=mode, delta_rel=rates), logits, targets)
    assert cells.sum(dim=0).tolist() == [0, 1, 2, 3, 4, 3]


@modes
def test_gradient_of_the_chosen_labels(mode):
    logits, targets = batch()
    loss = make(3, mode=mode, delta_rel=10)
    cells = changed(loss, logits, targets)
    loss(logits.requires_grad_(), targets).backward()
    p = torch.sigmoid(logits.detach()[cells])
    expected = torch.zeros_like(p) if mode == "reject" else -(1 - p) / logits.numel()
    torch.testing.assert_close(logits.grad[cells], expected)


@modes
def test_micro_batches_choose_other_labels(mode):
    logits, targets = batch(images=8)
    logits[:4] += 5  # the largest losses are all in the first half
    for epoch, additive in [(1, True), (3, False)]:
        loss = make(epoch, mode=mode, delta_rel=10)
        halves = [loss(z, y) for z, y in zip(logits.split(4), targets.split(4), strict=True)]
        assert torch.allclose(sum(halves) / 2, loss(logits, targets), rtol=1e-9) == additive


@pytest.mark.parametrize("mode", ["correct_permanently", "LL-R", None])
def test_an_unknown_mode_is_refused(mode):
    with pytest.raises(ConfigError, match=r"LargeLoss: mode is .*reject or correct, or use PermanentLargeLoss"):
        LargeLoss(mode=mode)
