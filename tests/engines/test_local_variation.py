"""What the threshold of the monitor of label correlations tells apart: the numbers of docs/reference/runs.md."""

import numpy as np
import pytest
import torch
from torch import nn

from lucency.engines import LabelCorrelationMonitor
from lucency.losses import CooccurrenceAnchor, CorrelationConsistency, LabelCorrelationLoss, cooccurrence
from lucency.networks import LabelCorrelationHead


def variation(steps=300, consistency_weight=1.0, anchor_weight=0.1):
    """Local variation of the last 50 batches of a head that learns to find six patterns in noise."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    patterns = 6 * nn.functional.normalize(torch.randn(6, 16, generator=generator), dim=1)

    def images(count):
        label = (torch.rand(count, 6, generator=generator) < 0.3).float()
        place = torch.randint(0, 9, (count, 1, 6), generator=generator).expand(-1, 16, -1)
        noise = torch.randn(count, 16, 9, generator=generator)
        return noise.scatter_add(2, place, patterns.T * label[:, None]).relu(), label

    head = LabelCorrelationHead(16, 6, dim=32, projection=0)
    loss = LabelCorrelationLoss(
        consistency=CorrelationConsistency(),
        anchor=CooccurrenceAnchor(cooccurrence=cooccurrence(images(500)[1])),
        consistency_weight=consistency_weight,
        anchor_weight=anchor_weight,
    )
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.01)
    monitor = LabelCorrelationMonitor(findings=list("abcdef"), cooccurrence=np.eye(6))
    for step in range(steps):
        features, label = images(16)
        output = head(features)
        if step >= steps - 50:
            monitor.add(output.L.detach())
        optimizer.zero_grad()
        loss(output, label).backward()
        optimizer.step()
    return monitor.local_variation()


@pytest.mark.slow
def test_the_threshold_tells_a_collapse_from_the_bundles_defaults():
    free, default, alone = variation(consistency_weight=0.0), variation(), variation(300, 10.0, 0.0)
    assert alone < 0.01
    assert default > 0.02
    assert free > 0.1


@pytest.mark.parametrize("findings", [3, 14, 100])
def test_an_untrained_head_begins_near_the_threshold(findings):
    for seed in range(5):
        torch.manual_seed(seed)
        monitor = LabelCorrelationMonitor(findings=[f"f{i}" for i in range(findings)], cooccurrence=np.eye(findings))
        with torch.no_grad():
            monitor.add(LabelCorrelationHead(64, findings)(torch.randn(16, 64, 7, 7).relu()).L)
        assert 0.001 < monitor.local_variation() < 0.05
