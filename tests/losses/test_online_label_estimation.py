"""ROLE teaches network and table alike, each with what the other says, and only the images of the batch."""

import pytest
import torch

from lucency.errors import ConfigError, LabelError
from lucency.losses import OnlineLabelEstimationLoss
from references.losses.online_label_estimation import value

NAN = torch.nan
IMAGES, FINDINGS = 9, 4


def training_targets(seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, 4, (IMAGES, FINDINGS), generator=generator)
    return torch.tensor([1.0, 0.0, 0.3, NAN])[codes]


def make(table=None, **settings):
    """A loss in float64, its table replaced if one is given."""
    loss = OnlineLabelEstimationLoss(**{"training_targets": training_targets(), "expected_positives": 1.5, **settings})
    loss.double()
    if table is not None:
        loss.estimates.data = table.clone()
    return loss


def numbers(rows, seed):
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(rows, FINDINGS, generator=generator, dtype=torch.float64)


def both_gradients(loss, logits, index, targets):
    logits = logits.clone().requires_grad_()
    loss.set_index(index)
    total = loss(logits, targets)
    total.backward()
    return total.detach(), logits.grad, loss.estimates.grad


def test_network_and_table_may_change_places():
    z, w, index = numbers(5, 1), numbers(IMAGES, 2), torch.tensor([3, 0, 8, 1, 5])
    targets = training_targets().double()[index]
    swapped = w.clone()
    swapped[index] = z
    one, grad_z, grad_w = both_gradients(make(w), z, index, targets)
    other, other_z, other_w = both_gradients(make(swapped), w[index], index, targets)
    torch.testing.assert_close(one, other)
    torch.testing.assert_close(grad_z, other_w[index])
    torch.testing.assert_close(grad_w[index], other_z)


def test_value_equals_the_reference_on_a_learned_table():
    z, w, index = numbers(5, 1), numbers(IMAGES, 2), torch.tensor([3, 0, 8, 1, 5])
    targets = training_targets().double()[index]
    rows = [[None if y != y else y for y in row] for row in targets.tolist()]
    got, _, _ = both_gradients(make(w), z, index, targets)
    assert got.item() == pytest.approx(value(z.tolist(), rows, w[index].tolist(), expected_positives=1.5))


def test_each_learns_the_difference_to_the_other():
    z, w, index = numbers(5, 1), numbers(IMAGES, 2), torch.arange(5)
    unknown = torch.full((5, FINDINGS), NAN)
    _, grad_z, grad_w = both_gradients(make(w, weight=0), z, index, unknown)
    difference = (torch.sigmoid(z) - torch.sigmoid(w[index])) / (2 * 5 * FINDINGS)
    torch.testing.assert_close(grad_z, difference)
    torch.testing.assert_close(grad_w[index], -difference)


def test_only_images_of_the_batch_get_a_gradient():
    index = torch.tensor([2, 7])
    _, _, grad = both_gradients(make(), numbers(2, 1), index, training_targets().double()[index])
    assert (grad[index] != 0).all()
    others = [image for image in range(IMAGES) if image not in index]
    assert (grad[others] == 0).all()


def test_an_image_that_is_in_the_batch_twice_learns_from_both():
    z, targets = numbers(2, 1), torch.full((2, FINDINGS), NAN)
    _, _, both = both_gradients(make(weight=0), z, torch.tensor([4, 4]), targets)
    _, _, other = both_gradients(make(weight=0), z.flip(0), torch.tensor([4, 5]), targets)
    _, _, one = both_gradients(make(weight=0), z, torch.tensor([4, 5]), targets)
    torch.testing.assert_close(both[4], one[4] + other[4])


def test_a_badly_wrong_logit_gets_a_gradient_from_label_and_estimate():
    loss = make(torch.zeros(1, 3, dtype=torch.float64), training_targets=[[1.0, 0.0, NAN]])
    logits = torch.tensor([[-1e4, 1e4, 0.0]], dtype=torch.float64)
    _, grad, _ = both_gradients(loss, logits, torch.tensor([0]), torch.tensor([[1.0, 0.0, NAN]]))
    assert grad[0, :2].tolist() == pytest.approx([(-1 - 0.5) / 6, (1 + 0.5) / 6])


def test_the_table_starts_from_what_is_known():
    table = OnlineLabelEstimationLoss(
        training_targets=torch.tensor([[1.0, 0.0, 0.3, NAN]]).repeat(500, 1), expected_positives=1
    ).estimates.detach()
    start = torch.sigmoid(table)
    torch.testing.assert_close(start[:, :3], torch.tensor([0.995, 0.005, 0.3]).repeat(500, 1))
    assert 0.4 <= start[:, 3].min() < 0.41
    assert 0.59 < start[:, 3].max() <= 0.6
    assert start[:, 3].unique().numel() > 490


def test_the_start_is_that_of_the_seed():
    tables = [make(seed=seed).estimates for seed in (0, 0, 1)]
    assert torch.equal(tables[0], tables[1])
    assert not torch.equal(tables[0], tables[2])
    torch.rand(3)  # what others draw is no matter
    assert torch.equal(tables[0], make(seed=0).estimates)


def test_micro_batches_are_another_loss_unless_the_penalty_has_no_weight():
    z, index = numbers(8, 1), torch.arange(8)
    targets = training_targets().double()[index]
    for weight, additive in [(0.0, True), (1.0, False)]:
        whole = both_gradients(make(weight=weight), z, index, targets)[2]
        halves = [
            both_gradients(make(weight=weight), z[part], index[part], targets[part])[2] / 2
            for part in (slice(0, 4), slice(4, 8))
        ]
        assert torch.allclose(sum(halves), whole, rtol=1e-9, atol=1e-12) == additive


def test_training_drives_network_and_table_together_and_keeps_what_is_known():
    targets = training_targets()
    loss = OnlineLabelEstimationLoss(training_targets=targets, expected_positives=1.5, weight=0)
    loss.set_index(torch.arange(IMAGES))
    logits = torch.zeros(IMAGES, FINDINGS, requires_grad=True)
    optimizer = torch.optim.Adam([logits, loss.estimates], lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        loss(logits, targets).backward()
        optimizer.step()
    p, q = torch.sigmoid(logits.detach()), torch.sigmoid(loss.estimates.detach())
    torch.testing.assert_close(p, q, rtol=0, atol=0.02)
    assert (p[targets == 1] > 0.9).all()
    assert (p[targets == 0] < 0.1).all()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"expected_positives": 5}, ConfigError, "expected_positives is 5; give a number from 0 to 4"),
        ({"expected_positives": 1, "weight": -1}, ConfigError, "weight is -1"),
        ({"expected_positives": 1, "lr_multiplier": 0}, ConfigError, "lr_multiplier is 0"),
        ({"expected_positives": 1, "training_targets": [1.0]}, ConfigError, r"targets are \(1,\)"),
        ({"expected_positives": 0, "training_targets": [[-1.0]]}, LabelError, "target -1 of training image 0"),
    ],
)
def test_nonsense_settings_are_refused(settings, error, message):
    with pytest.raises(error, match=f"OnlineLabelEstimationLoss: {message}"):
        OnlineLabelEstimationLoss(**{"training_targets": training_targets(), **settings})


@pytest.mark.parametrize(
    ("index", "findings", "message"),
    [
        (torch.tensor([0, IMAGES]), FINDINGS, "there are 9 training images"),
        (torch.tensor([0, 1, 2]), FINDINGS, "for a batch of 2 images"),
        (torch.tensor([0, 1]), FINDINGS + 1, "made for 4 findings, the batch has 5"),
    ],
)
def test_a_batch_that_does_not_fit_the_table_is_refused(index, findings, message):
    loss = make()
    loss.set_index(index)
    with pytest.raises(ConfigError, match=f"OnlineLabelEstimationLoss: .*{message}"):
        loss(torch.zeros(2, findings), torch.ones(2, findings))
