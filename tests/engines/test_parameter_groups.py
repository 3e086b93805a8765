import pytest
import torch
from monai.optimizers import WarmupCosineSchedule
from torch import nn

from lucency.engines import parameter_groups
from lucency.errors import ConfigError
from lucency.losses import MaskedBCELoss, OnlineLabelEstimationLoss, WeightedSumLoss


def role(**settings):
    return OnlineLabelEstimationLoss(training_targets=torch.ones(5, 2), expected_positives=1, **settings)


def test_a_loss_that_learns_nothing_leaves_the_networks_group_alone():
    network = nn.Linear(3, 2)
    groups = parameter_groups(network=network, loss=MaskedBCELoss(pos_weight=[1.0, 2.0]), lr=0.5)
    assert groups == [{"params": list(network.parameters())}]


def test_nothing_to_train_is_refused():
    network = nn.Linear(3, 2).requires_grad_(False)
    with pytest.raises(ConfigError, match=r"^Linear: nothing of it is left to train"):
        parameter_groups(network=network, loss=MaskedBCELoss(), lr=0.5)
    assert len(parameter_groups(network=network, loss=role(), lr=0.5)) == 2


@pytest.mark.parametrize("inside", [False, True])
def test_what_a_loss_learns_has_its_own_rate_and_no_decay(inside):
    network, table = nn.Linear(3, 2), role(lr_multiplier=4)
    loss = WeightedSumLoss(losses=[MaskedBCELoss(), table], weights=[1.0, 1.0]) if inside else table
    optimizer = torch.optim.AdamW(parameter_groups(network=network, loss=loss, lr=0.5), lr=0.5, weight_decay=0.1)
    of_network, of_loss = optimizer.param_groups
    assert (of_network["lr"], of_network["weight_decay"]) == (0.5, 0.1)
    assert (of_loss["lr"], of_loss["weight_decay"]) == (2.0, 0.0)
    assert of_loss["params"][0] is table.estimates


@pytest.mark.parametrize(
    "schedule",
    [
        lambda optimizer: WarmupCosineSchedule(optimizer, warmup_steps=1, warmup_multiplier=0.1, t_total=8),
        lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 2),
        lambda optimizer: torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9),
    ],
)
def test_schedules_keep_the_ratio(schedule):
    optimizer = torch.optim.SGD(parameter_groups(network=nn.Linear(3, 2), loss=role(), lr=0.01), lr=0.01)
    scheduler, rates = schedule(optimizer), []
    for _ in range(6):
        rates.append(optimizer.param_groups[0]["lr"])
        assert optimizer.param_groups[1]["lr"] == pytest.approx(10 * rates[-1])
        optimizer.step()
        scheduler.step()
    assert len(set(rates)) > 1
