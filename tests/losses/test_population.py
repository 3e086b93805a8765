"""Where each loss has its optimum: fit one logit to a population and compare with the closed form."""

import pytest
import torch
from scipy.optimize import brentq

from lucency.losses import begin_epoch
from references.losses.contract import EPOCH, EXPORTED, MAX_EPOCHS, reference_of

FINDINGS, IMAGES = 14, 100
CASES = [
    pytest.param(name, dict(settings), rate, id=f"{name}-{i}-{rate}")
    for name in EXPORTED
    if reference_of(name).optimum is not None
    for i, settings in enumerate(reference_of(name).optima)
    for rate in reference_of(name).rates
]


def slope(loss, logit, rate):
    """Derivative by one logit that all images share, a share `rate` of which has a recorded positive."""
    targets = torch.full((IMAGES, FINDINGS), torch.nan, dtype=torch.float64)
    targets[: round(IMAGES * rate)] = 1
    logit = torch.tensor(logit, dtype=torch.float64, requires_grad=True)
    loss(logit.expand(IMAGES, FINDINGS), targets).backward()
    return logit.grad.item()


@pytest.mark.parametrize(("name", "settings", "rate"), CASES)
def test_one_logit_converges_to_the_closed_form(name, settings, rate):
    loss = EXPORTED[name](**settings)
    begin_epoch(loss, EPOCH, MAX_EPOCHS)
    assert slope(loss, -20.0, rate) < 0 < slope(loss, 20.0, rate)  # a minimum lies between
    logit = brentq(lambda z: slope(loss, z, rate), -20, 20, xtol=1e-9)
    fitted = torch.sigmoid(torch.tensor(logit)).item()
    assert fitted == pytest.approx(reference_of(name).optimum(rate, **settings), abs=1e-3)
