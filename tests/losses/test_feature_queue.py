"""What the queue keeps, for whom, and when it grows."""

import copy

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import LabelContrast, begin_batch
from lucency.losses.feature_queue import FeatureQueue
from references import label_contrast as reference
from references.label_correlations import batch, rows

FINDINGS, PROJECTION = 4, 3


def contrast(size=8, **settings):
    return LabelContrast(queue_size=size, findings=FINDINGS, projection=PROJECTION, **settings)


def held(queue):
    features, finding, image = queue.held()
    return list(zip(features.tolist(), finding.tolist(), image.tolist(), strict=True))


def test_it_keeps_the_latest_of_every_finding_in_a_ring():
    generator = torch.Generator().manual_seed(0)
    queue, expected = FeatureQueue(11, FINDINGS, 1), {finding: [] for finding in range(FINDINGS)}
    for _ in range(20):
        count = int(torch.randint(0, 9, (1,), generator=generator))
        features = torch.rand(count, 1, generator=generator)
        finding = torch.randint(0, FINDINGS - 1, (count,), generator=generator)  # one is never seen
        image = torch.randint(0, 99, (count,), generator=generator)
        queue.push(features, finding, image)
        for entry in zip(features.tolist(), finding.tolist(), image.tolist(), strict=True):
            expected[entry[1]] = [*expected[entry[1]], entry][-(11 // FINDINGS) :]
        assert sorted(held(queue)) == sorted(entry for entries in expected.values() for entry in entries)


def test_an_untouched_queue_is_empty():
    queue = FeatureQueue(8, FINDINGS, PROJECTION)
    assert [len(part) for part in queue.held()] == [0, 0, 0]
    (_, G, _, u), targets = batch()
    with_queue = contrast()
    begin_batch(with_queue, torch.arange(5))
    assert torch.equal(with_queue(u, targets, G), LabelContrast()(u, targets, G))


@pytest.mark.parametrize("mode", ["guided", "soft_pos", "plain"])
def test_value_with_what_is_held_equals_the_reference(mode):
    loss = contrast(mode=mode).double()
    for seed in range(4):
        (_, G, _, u), targets = batch(seed=seed)
        index = torch.tensor([[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [0, 5, 2, 6, 10], [1, 0, 9, 8, 7]][seed])
        kept = held(loss.queue)
        begin_batch(loss, index)
        expected = reference.contrast(u.tolist(), rows(targets), G.tolist(), mode=mode, held=kept, index=index.tolist())
        assert loss(u, targets, G).item() == pytest.approx(expected)
        if kept:
            assert expected != pytest.approx(reference.contrast(u.tolist(), rows(targets), G.tolist(), mode=mode))
    assert len(kept) > FINDINGS
    begin_batch(loss, index)
    assert torch.autograd.gradcheck(lambda u: copy.deepcopy(loss)(u, targets, G), (u,), fast_mode=True)


def test_a_rare_finding_meets_a_partner_that_came_batches_ago():
    loss, alone = contrast(mode="plain"), LabelContrast(mode="plain")
    rare, frequent = torch.eye(FINDINGS)[[3]], torch.eye(FINDINGS)[[0]]
    for number in range(30):
        u = batch(images=2, seed=number)[0].u.float()
        targets = torch.cat([frequent, rare if number in (0, 29) else frequent])
        begin_batch(loss, torch.tensor([2 * number, 2 * number + 1]))
        value = loss(u, targets)
    assert alone(u, targets) == 0
    assert (torch.autograd.grad(value, u)[0][1, 3] != 0).any()
    assert {finding for _, finding, _ in held(loss.queue)} == {0, 3}


def test_an_image_is_no_partner_of_itself():
    loss = contrast(mode="plain")
    u = batch(images=1)[0].u.float()
    targets = torch.ones(1, FINDINGS)
    for _ in range(3):
        begin_batch(loss, torch.tensor([7]))
        assert loss(u, targets) == 0
    begin_batch(loss, torch.tensor([8]))
    assert loss(u, targets) > 0


def test_it_fills_only_where_a_gradient_flows():
    loss = contrast(mode="plain")
    (_, _, _, u), targets = batch()
    begin_batch(loss, torch.arange(5))
    with torch.no_grad():
        loss(u, targets)
    loss(u.detach(), targets)
    assert held(loss.queue) == []
    loss(u, targets)
    assert not loss.queue.held()[0].requires_grad
    assert len(held(loss.queue)) > 0


def test_it_is_saved_and_restored():
    loss, other = contrast(), contrast()
    (_, G, _, u), targets = batch()
    begin_batch(loss, torch.arange(5))
    loss(u, targets, G)
    other.load_state_dict(loss.state_dict())
    assert held(other.queue) == held(loss.queue)
    for part in (loss, other):
        begin_batch(part, torch.arange(5, 10))
    assert torch.equal(loss(u, targets, G), other(u, targets, G))
    assert held(other.queue) == held(loss.queue)


def test_a_batch_without_index_and_a_network_of_another_size_are_refused():
    (_, G, _, u), targets = batch()
    with pytest.raises(ConfigError, match="LabelContrast: sample index missing"):
        contrast()(u, targets, G)
    loss = contrast()
    begin_batch(loss, torch.arange(5))
    wide, targets = batch(findings=5)
    with pytest.raises(
        ConfigError, match=r"findings is 4 and projection 3, but the network gives 5 findings features of 3"
    ):
        loss(wide.u, targets, wide.G)
