"""The multi-label softmax family is one algebra: how its members relate to each other, and on what all agree."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from lucency.errors import ConfigError
from lucency.losses import (
    LogSumExpPairwiseLoss,
    MaskedBCELoss,
    MultiLabelSoftmaxLoss,
    PositiveProductLoss,
    TwoWayLoss,
    WeightedSumLoss,
    ZeroBoundedPairwiseRankingLoss,
)
from references.ranks import ddp_gradients, linear_model, run_on_ranks

NAN = torch.nan
MSML, LSEP, ZLPR = MultiLabelSoftmaxLoss, LogSumExpPairwiseLoss, ZeroBoundedPairwiseRankingLoss


def batch(images=40, findings=6, seed=0, codes=(1.0, 0.0, 0.0, NAN)):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(images, findings, generator=generator, dtype=torch.float64)
    states = torch.randint(0, len(codes), (images, findings), generator=generator)
    return logits, torch.tensor(codes, dtype=torch.float64)[states]


def rows(loss, logits, targets):
    """The term of each image, 0 for one that takes no part."""
    terms, weight = loss.terms(logits, targets)
    return (terms * weight).sum(dim=1)


def gradient(loss, logits, targets):
    logits = logits.clone().requires_grad_()
    loss(logits, targets).backward()
    return logits.grad


@given(seed=st.integers(0, 10**6), scale=st.sampled_from([0.1, 1, 10, 100]))
@settings(max_examples=30, deadline=None)
def test_chain_of_bounds(seed, scale):
    logits, targets = batch(seed=seed)
    logits = scale * logits
    msml, lsep, zlpr = (rows(loss(), logits, targets) for loss in (MSML, LSEP, ZLPR))
    cross_entropy = rows(MaskedBCELoss(), logits, targets)
    positives = torch.nan_to_num(targets, nan=0.0).sum(dim=1)
    slack = 1e-9
    assert (msml <= lsep + slack).all()
    assert (lsep <= zlpr + slack).all()
    assert (zlpr <= cross_entropy + slack).all()
    assert (lsep <= positives * msml + slack).all()


def test_one_positive_and_known_negatives_are_the_plain_cross_entropy():
    logits = batch()[0]
    positive = torch.arange(len(logits)) % logits.shape[1]
    targets = F.one_hot(positive).double()
    expected = F.cross_entropy(logits, positive, reduction="none")
    for loss in (MSML(), LSEP()):
        torch.testing.assert_close(rows(loss, logits, targets), expected)


def test_zlpr_is_lsep_with_a_threshold_on_both_sides():
    logits, targets = batch()
    for row_z, row_y, found in zip(
        logits.tolist(), targets.tolist(), rows(ZLPR(), logits, targets).tolist(), strict=True
    ):
        present = [z for z, y in zip(row_z, row_y, strict=True) if y == 1] + [0.0]
        absent = [z for z, y in zip(row_z, row_y, strict=True) if y == 0] + [0.0]
        pairs = sum(math.exp(n - p) for p in present for n in absent) - 1  # the threshold does not compete with itself
        assert found == pytest.approx(math.log1p(pairs))


def test_soft_zlpr_is_the_published_form():
    logits = batch()[0]
    share = torch.rand(logits.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    zero = torch.zeros(len(logits), 1, dtype=torch.float64)
    expected = torch.logsumexp(torch.cat([logits + torch.log(1 - share), zero], dim=1), dim=1)
    expected += torch.logsumexp(torch.cat([-logits + torch.log(share), zero], dim=1), dim=1)
    torch.testing.assert_close(rows(ZLPR(), logits, share), expected)


def test_temperature_scales_the_logits():
    logits, targets = batch()
    torch.testing.assert_close(ZLPR(temperature=0.2)(logits, targets), ZLPR()(logits / 0.2, targets))


@pytest.mark.parametrize(
    ("loss", "invariant"),
    [
        (MSML(), True),
        (MSML(form="prob"), True),
        (MSML(no_finding="threshold"), False),
        (LSEP(), True),
        (TwoWayLoss(), True),
        (ZLPR(), False),
        (PositiveProductLoss(), False),
        (WeightedSumLoss(losses=[MaskedBCELoss(), MSML()], weights=[1, 0.1]), False),
    ],
)
def test_who_is_blind_to_a_shift_of_all_logits(loss, invariant):
    logits, targets = batch()
    assert torch.allclose(loss(logits + 3, targets), loss(logits, targets)) == invariant
    assert torch.allclose(gradient(loss, logits, targets).sum(), torch.zeros(()).double(), atol=1e-12) == invariant


@pytest.mark.parametrize(
    ("loss", "learns"),
    [
        (MSML(), False),
        (MSML(no_finding="threshold"), True),
        (MSML(no_finding=5), True),
        (LSEP(), False),
        (TwoWayLoss(), False),
        (PositiveProductLoss(), False),
        (ZLPR(), True),
        (MaskedBCELoss(), True),
    ],
)
def test_who_learns_from_healthy_images(loss, learns):
    logits = batch()[0]
    healthy = torch.zeros_like(logits)
    healthy[:, 5] = NAN
    assert gradient(loss, logits, healthy).any() == learns


@pytest.mark.parametrize("loss", [MSML, LSEP, ZLPR, TwoWayLoss])
def test_unknown_can_be_taken_for_negative(loss):
    logits, targets = batch()
    complete = torch.nan_to_num(targets, nan=0.0)
    for function in (lambda loss, *pair: loss(*pair), gradient):
        torch.testing.assert_close(
            function(loss(unknown="negative"), logits, targets), function(loss(), logits, complete)
        )


@pytest.mark.parametrize("loss", [MSML, LSEP])
def test_positives_alone_teach_nothing_unless_unknown_is_negative(loss):
    logits, targets = batch(codes=(1.0, NAN, NAN))
    assert not gradient(loss(), logits, targets).any()
    assert gradient(loss(unknown="negative"), logits, targets).any()


@pytest.mark.parametrize("loss", [MSML, LSEP, ZLPR, TwoWayLoss])
def test_unknown_is_one_of_two(loss):
    with pytest.raises(ConfigError, match=rf"{loss.__name__}: unknown is 'zero'; give one of ignore, negative"):
        loss(unknown="zero")


def population_slope(loss, logits, prevalence):
    """Derivative of the expected term by logits that all images share, findings independent: every label set counts."""
    label_sets = torch.tensor(list(itertools.product([0.0, 1.0], repeat=len(prevalence))), dtype=torch.float64)
    chance = torch.where(label_sets == 1, prevalence, 1 - prevalence).prod(dim=1)
    logits = logits.clone().requires_grad_()
    (chance @ rows(loss, logits.expand(len(label_sets), -1), label_sets)).backward()
    return logits.grad


def test_at_independent_log_odds_msml_pulls_nowhere_and_the_other_rankings_do():
    prevalence = torch.tensor([0.5, 0.2, 0.05, 0.01], dtype=torch.float64)
    log_odds = torch.logit(prevalence)
    for loss in (MaskedBCELoss(), MSML()):
        assert population_slope(loss, log_odds, prevalence).abs().max() < 1e-12
    for loss in (LSEP(), ZLPR(), MSML(form="prob"), MSML(no_finding="threshold")):
        assert population_slope(loss, log_odds, prevalence).abs().max() > 1e-5


def test_ddp_gradients_equal_those_of_one_process(tmp_path):
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(12, 5, generator=generator, dtype=torch.float64)
    targets = batch(images=12, findings=4, seed=3)[1]
    targets[:3] = NAN  # rank 0 has fewer images that take part
    targets[:5, 2], targets[5:, 2] = 0, 1  # the pairs of a column lie on two ranks
    losses = {
        "msml": MSML(),
        "msml threshold": MSML(no_finding="threshold"),
        "lsep": LSEP(),
        "zlpr": ZLPR(),
        "product": PositiveProductLoss(),
        "two way": TwoWayLoss(),
        "sum": WeightedSumLoss(losses=[MaskedBCELoss(), MSML()], weights=[1.0, 0.1]),
    }
    shares = (5, 7)
    per_rank = run_on_ranks(ddp_gradients, tmp_path, losses, list(images.split(shares)), list(targets.split(shares)))
    for name, loss in losses.items():
        model, naive = linear_model(5, 4), torch.zeros(4, 5, dtype=torch.float64)
        loss(model(images), targets).backward()
        for gradients in per_rank:
            torch.testing.assert_close(gradients[name], model.weight.grad, rtol=1e-12, atol=1e-14)
        for share in zip(images.split(shares), targets.split(shares), strict=True):
            alone = linear_model(5, 4)
            loss(alone(share[0]), share[1]).backward()
            naive += alone.weight.grad / 2
        assert not torch.allclose(naive, model.weight.grad, rtol=0.05)  # control: a rank by itself would not do
