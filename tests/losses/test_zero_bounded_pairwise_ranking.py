"""Zero-bounded pairwise ranking: its threshold and the range of its temperature."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import ZeroBoundedPairwiseRankingLoss


def test_zero_is_the_cut():
    logits = torch.tensor([[0.5, -0.5]], requires_grad=True)
    targets = torch.tensor([[1.0, 0.0]])
    loss = ZeroBoundedPairwiseRankingLoss()
    below = [loss(logits * scale, targets).item() for scale in (1, 10, 100)]
    assert below == sorted(below, reverse=True)
    assert below[-1] == pytest.approx(0, abs=1e-6)  # present above zero and absent below is all it asks for
    assert loss(logits + 10, targets) > loss(logits, targets)
    assert loss(logits - 10, targets) > loss(logits, targets)


@pytest.mark.parametrize("temperature", [0.2, 1.0, 5.0])
def test_a_badly_wrong_label_pulls_with_one_over_the_temperature(temperature):
    logits = torch.tensor([[-1e4, 1e4]], requires_grad=True)
    ZeroBoundedPairwiseRankingLoss(temperature=temperature)(logits, torch.tensor([[1.0, 0.0]])).backward()
    torch.testing.assert_close(logits.grad, torch.tensor([[-1.0, 1.0]]) / temperature)


@pytest.mark.parametrize("temperature", [0, -1, torch.nan, torch.inf, True])
def test_temperature_is_positive(temperature):
    with pytest.raises(ConfigError, match=r"ZeroBoundedPairwiseRankingLoss: temperature is .* from 0.001 to 1000"):
        ZeroBoundedPairwiseRankingLoss(temperature=temperature)
