"""Losses on correlations and features: two ranks learn what one process learns."""

import copy

import pytest
import torch

from lucency.losses import (
    CooccurrenceAnchor,
    CorrelationConsistency,
    LabelContrast,
    LabelCorrelationLoss,
    begin_batch,
    cooccurrence,
)
from references.label_correlation_ranks import SmallNetwork, steps, steps_of_share, value_on_one_rank_alone
from references.label_correlations import batch
from references.ranks import run_on_ranks

IMAGES, SIZE = 16, (5, 3, 4)  # inputs, findings, numbers in a feature


def study():
    """Images and targets; the second rank has no positive label in the third batch, and in the fourth nobody has."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(IMAGES, SIZE[0], generator=generator, dtype=torch.float64)
    codes = torch.randint(0, 4, (IMAGES, SIZE[1]), generator=generator)
    targets = torch.tensor([1.0, 1.0, 0.0, torch.nan], dtype=torch.float64)[codes]
    targets[11:] = torch.where(targets[11:] == 1, 0.0, targets[11:])
    shares = [[[0, 1, 2], [3, 4, 5, 6]], [[7, 1], [9, 0]], [[8, 9, 10], [11]], [[12, 13], [14, 15]]]
    return images, targets, [[torch.tensor(rank) for rank in batch] for batch in shares]


def make_losses(targets):
    queue = {"queue_size": 9, "findings": SIZE[1], "projection": SIZE[2]}
    losses = {
        "kl": LabelCorrelationLoss(consistency=CorrelationConsistency()),
        "mse": LabelCorrelationLoss(
            consistency=CorrelationConsistency(divergence="mse", rows="all", stop_gradient="local")
        ),
        "all": LabelCorrelationLoss(
            consistency=CorrelationConsistency(),
            anchor=CooccurrenceAnchor(cooccurrence=cooccurrence(targets)),
            contrast=LabelContrast(),
        ),
        "soft_pos": LabelCorrelationLoss(contrast=LabelContrast(mode="soft_pos")),
        "queue": LabelCorrelationLoss(contrast=LabelContrast(**queue)),
    }
    return {name: loss.double() for name, loss in losses.items()}


@pytest.mark.slow
def test_two_ranks_learn_what_one_process_learns(tmp_path):
    images, targets, shares = study()
    ranks = run_on_ranks(steps_of_share, tmp_path, make_losses(targets), images, targets, shares, SIZE)
    whole = [torch.cat(batch) for batch in shares]
    for name, loss in make_losses(targets).items():
        expected = steps(SmallNetwork(*SIZE).double(), copy.deepcopy(loss), images, targets, whole)
        for key, tensor in expected.items():
            ours = [rank[name][key] for rank in ranks]
            if key.endswith("value"):
                ours = [sum(ours) / 2]
            for learned in ours:
                torch.testing.assert_close(learned, tensor, msg=lambda text, n=name, k=key: f"{n}, {k}: {text}")
        assert any((expected[f"{number} u.weight"] != 0).any() for number in range(4)) == ("kl" != name != "mse")
        first = [batch[0] for batch in shares]  # control: each rank's share by itself teaches something else
        alone = steps(SmallNetwork(*SIZE).double(), loss, images, targets, first)
        part = "0 G" if name in ("kl", "mse", "all") else "0 u.weight"
        assert not torch.allclose(alone[part], expected[part], rtol=1e-3)


@pytest.mark.slow
def test_without_gradient_it_does_not_wait_for_other_ranks(tmp_path):
    output, targets = batch(findings=SIZE[1])
    loss = LabelCorrelationLoss(
        consistency=CorrelationConsistency(),
        contrast=LabelContrast(queue_size=9, findings=SIZE[1], projection=3),
        contrast_ramp=0,
    )
    begin_batch(loss, torch.arange(5))
    parts = [part.detach() for part in output]
    alone = loss(type(output)(*parts), targets).item()
    assert run_on_ranks(value_on_one_rank_alone, tmp_path, loss, parts, targets)[0] == pytest.approx(alone)
