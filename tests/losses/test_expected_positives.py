"""What the penalty on the average number of positives does, and that it is one of the whole batch."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import ExpectedPositivesLoss, MaskedBCELoss

NAN = torch.nan


def batch(images=8, findings=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(images, findings, generator=generator, dtype=torch.float64)
    codes = torch.randint(0, 3, (images, findings), generator=generator)
    return logits.requires_grad_(), torch.tensor([1.0, 0.0, NAN], dtype=torch.float64)[codes]


@pytest.mark.parametrize("expected", [0.5, 4.5])
def test_gradient_on_unknown_labels_has_the_sign_of_the_surplus(expected):
    logits, targets = batch()
    images, findings = logits.shape
    ExpectedPositivesLoss(expected_positives=expected)(logits, torch.full_like(targets, NAN)).backward()
    p = torch.sigmoid(logits.detach())
    surplus = p.sum(dim=1).mean() - expected
    torch.testing.assert_close(logits.grad, 2 * surplus / (findings**2 * images) * p * (1 - p))
    assert (logits.grad.sign() == surplus.sign()).all()


def test_absolute_penalty_pulls_with_the_same_force_however_large_the_surplus():
    for expected in (0.0, 1.0):
        logits, targets = batch()
        ExpectedPositivesLoss(expected_positives=expected, norm=1)(logits, torch.full_like(targets, NAN)).backward()
        p = torch.sigmoid(logits.detach())
        torch.testing.assert_close(logits.grad, p * (1 - p) / logits.numel())


def test_nothing_pulls_where_the_number_is_as_expected():
    logits = torch.zeros(3, 4, dtype=torch.float64, requires_grad=True)  # 2 of 4 on average
    value = ExpectedPositivesLoss(expected_positives=2)(logits, torch.full((3, 4), NAN))
    value.backward()
    assert value == 0
    assert (logits.grad == 0).all()


def test_without_weight_it_is_the_cross_entropy_of_known_labels():
    logits, targets = batch()
    for reduction in ("mean_all", "mean_observed", "sum"):
        loss = ExpectedPositivesLoss(expected_positives=2, weight=0, reduction=reduction)
        assert torch.equal(loss(logits, targets), MaskedBCELoss(reduction=reduction)(logits, targets))


def test_micro_batches_are_another_loss_unless_the_penalty_has_no_weight():
    logits, targets = batch()
    for weight, additive in [(0.0, True), (1.0, False)]:
        loss = ExpectedPositivesLoss(expected_positives=1, weight=weight)
        halves = [loss(z, y) for z, y in zip(logits.split(4), targets.split(4), strict=True)]
        assert torch.allclose(sum(halves) / 2, loss(logits, targets), rtol=1e-9) == additive
    assert sum(halves) / 2 > loss(logits, targets)  # the square of a mean is less than the mean of the squares


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"expected_positives": -1}, "expected_positives is -1"),
        ({"expected_positives": NAN}, "expected_positives is nan"),
        ({"expected_positives": torch.inf}, "expected_positives is inf"),
        ({"expected_positives": None}, "expected_positives is None"),
        ({"expected_positives": 1, "weight": -0.1}, r"weight is -0\.1"),
        ({"expected_positives": 1, "norm": 3}, "norm is 3; give 2, as in the paper, or 1"),
    ],
)
def test_nonsense_settings_are_refused(settings, message):
    with pytest.raises(ConfigError, match=f"ExpectedPositivesLoss: {message}"):
        ExpectedPositivesLoss(**settings)


def test_more_positives_than_findings_are_refused():
    with pytest.raises(ConfigError, match="expected_positives is 7 for 5 findings"):
        ExpectedPositivesLoss(expected_positives=7)(*batch())


def test_the_number_of_positives_has_no_default():
    with pytest.raises(TypeError, match="expected_positives"):
        ExpectedPositivesLoss()
