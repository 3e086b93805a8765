"""What global correlations are for: a finding that is decidable only through another one."""

import pytest
import torch
from sklearn.metrics import roc_auc_score

from lucency.losses import MaskedBCELoss
from lucency.networks import LabelCorrelationHead

DIM, PLACES = 16, 8
LOOK = torch.tensor([1.0, -1.0]).repeat(DIM // 2)  # along it a place says where it is
SHOW = torch.tensor([1.0, 1.0, -1.0, -1.0]).repeat(DIM // 4)  # and along this whether finding 0 is there


def images(count, seed):
    """The left places show finding 0; the right ones, where finding 1 is looked for, show nothing but noise.

    Finding 1 is finding 0 but for one image in ten.
    """
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(count, DIM, PLACES, generator=generator)
    present = torch.rand(count, generator=generator) < 0.5
    features[:, :, : PLACES // 2] += LOOK[:, None] + present[:, None, None] * SHOW[:, None]
    features[:, :, PLACES // 2 :] -= LOOK[:, None]
    follows = present ^ (torch.rand(count, generator=generator) < 0.1)
    return features, torch.stack([present, follows], dim=1).float()


def looking_apart(seed, **settings):
    """A head whose findings look at the places that are theirs and never learn to look elsewhere."""
    torch.manual_seed(seed)
    head = LabelCorrelationHead(DIM, 2, dim=DIM, projection=0, embeddings=torch.stack([LOOK, -LOOK]), **settings)
    frozen = [head.E, head.W_q.weight, head.W_k.weight, head.W_t.weight, head.W_t.bias]
    frozen += [*head.norm_E.parameters()]
    if head.global_correlation is not None:
        torch.nn.init.zeros_(head.global_correlation.W_v.weight)
        frozen.append(head.global_correlation.W_v.weight)
    for layer in (head.W_q, head.W_k, head.W_t):
        torch.nn.init.eye_(layer.weight)
    torch.nn.init.zeros_(head.W_t.bias)
    with torch.no_grad():
        head.W_q.weight *= 2  # far more than the noise
    for parameter in frozen:
        parameter.requires_grad_(False)
    return head


def trained_aucs(seed, **settings):
    """AUC of both findings for finding 0, which finding 1 is but for chance."""
    head = looking_apart(seed, **settings)
    features, label = images(256, seed)
    assert head.attention(features)[:, 1, : PLACES // 2].sum(1).max() < 0.02
    loss = MaskedBCELoss()
    optimizer = torch.optim.AdamW([p for p in head.parameters() if p.requires_grad], lr=0.01, weight_decay=0.1)
    for _ in range(60):
        optimizer.zero_grad()
        loss(head(features).z, label).backward()
        optimizer.step()
    features, label = images(1000, 100 + seed)
    logits = head.eval()(features).detach()
    return [roc_auc_score(label[:, 0], logits[:, finding]) for finding in (0, 1)]


@pytest.mark.parametrize("seed", range(3))
def test_a_finding_decidable_only_through_another_needs_global_correlations(seed):
    seen_alone, follower_alone = trained_aucs(seed, global_correlation=False)
    seen, follower = trained_aucs(seed)
    assert min(seen_alone, seen) > 0.95
    assert abs(follower_alone - 0.5) < 0.1  # chance: four standard errors of a thousand images are 0.07
    assert follower > 0.9
