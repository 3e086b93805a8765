"""Losses of whole batches and of single images: two ranks learn what one process learns."""

import copy

import pytest
import torch

from lucency.losses import (
    AsymmetricPseudoLabelsLoss,
    ExpectedPositivesLoss,
    LargeLoss,
    OnlineLabelEstimationLoss,
    PermanentLargeLoss,
    WeightedSumLoss,
)
from references.ranks import linear_model, loss_on_one_rank_alone, run_on_ranks, train, train_share

IMAGES, FEATURES, FINDINGS = 24, 6, 4


def study():
    """Images and targets in an order in which one rank knows less and sees larger losses than the other."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(IMAGES, FEATURES, generator=generator, dtype=torch.float64)
    images[4::8] *= 5
    codes = torch.randint(0, 4, (IMAGES, FINDINGS), generator=generator)
    targets = torch.tensor([1.0, 0.0, torch.nan, torch.nan], dtype=torch.float64)[codes]
    targets[::8] = torch.nan
    return images, targets


def make_losses(targets):
    losses = {
        "EPR": ExpectedPositivesLoss(expected_positives=1),
        "EPR, norm 1": ExpectedPositivesLoss(expected_positives=1, norm=1),
        "ROLE": OnlineLabelEstimationLoss(training_targets=targets, expected_positives=1),
        "LL-R": LargeLoss(mode="reject", delta_rel=10),
        "LL-Ct": LargeLoss(mode="correct", delta_rel=10),
        "LL-Ct by finding": LargeLoss(mode="correct", delta_rel=[0, 10, 20, 30]),
        "LL-Cp": PermanentLargeLoss(images=IMAGES, findings=FINDINGS, delta_rel=10),
        "EM + APL": AsymmetricPseudoLabelsLoss(training_targets=targets, warm_up=1),
    }
    losses["sum"] = WeightedSumLoss(losses=[copy.deepcopy(loss) for loss in losses.values()], weights=[0.3] * 8)
    return {name: loss.double() for name, loss in losses.items()}


@pytest.mark.slow
def test_two_ranks_learn_what_one_process_learns(tmp_path):
    images, targets = study()
    batches = [list(batch.split(4)) for batch in torch.arange(IMAGES).split(8)]
    ranks = run_on_ranks(train_share, tmp_path, make_losses(targets), images, targets, batches)
    whole = [torch.cat(batch) for batch in batches]
    for name, loss in make_losses(targets).items():
        expected = train(linear_model(FEATURES, FINDINGS), loss, images, targets, whole)
        for learned in ranks:
            assert learned[name].keys() == expected.keys()
            for key, tensor in expected.items():
                torch.testing.assert_close(
                    learned[name][key], tensor, rtol=1e-9, atol=1e-9, equal_nan=True, msg=lambda text, n=name: n + text
                )
        for key in expected:  # the ranks keep the same state to the last bit
            torch.testing.assert_close(ranks[0][name][key], ranks[1][name][key], rtol=0, atol=0, equal_nan=True)

    for name, loss in make_losses(targets).items():  # control: each rank's share by itself teaches something else
        share = [batch[0] for batch in batches]
        alone = train(linear_model(FEATURES, FINDINGS), loss, images, targets, share)
        assert not torch.allclose(alone["weight"], ranks[0][name]["weight"], rtol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "loss",
    [ExpectedPositivesLoss(expected_positives=1), PermanentLargeLoss(images=2, findings=3)],
    ids=["EPR", "LL-Cp"],
)
def test_a_loss_without_gradient_does_not_wait_for_other_ranks(loss, tmp_path):
    if isinstance(loss, PermanentLargeLoss):
        loss.set_index(torch.arange(2))
    alone = loss(torch.zeros(2, 3), torch.ones(2, 3)).item()
    assert run_on_ranks(loss_on_one_rank_alone, tmp_path, loss)[0] == pytest.approx(alone)
