"""A network as it answers: the same logits, none of the weights that only its losses need."""

import pytest
import torch
from torch import nn

from lucency.networks import LabelCorrelationHead, without_training_parts

TRAINING_ONLY = ("local_correlation", "projector")


def head(**settings):
    torch.manual_seed(0)
    return LabelCorrelationHead(6, 4, dim=8, **{"projection": 5} | settings)


@pytest.mark.parametrize("settings", [{}, {"global_correlation": False}, {"projection": 0}], ids=str)
def test_logits_are_the_same_bits_and_a_checkpoint_of_training_fits(settings):
    network, features = head(**settings), torch.randn(5, 6, 3, 2, generator=torch.Generator().manual_seed(1))
    released = without_training_parts(network)
    assert torch.equal(released(features), network(features).z)
    kept = [name for name in network.state_dict() if not name.startswith(TRAINING_ONLY)]
    assert list(released.state_dict()) == kept
    for parameter in released.parameters():
        nn.init.zeros_(parameter)
    released.load_state_dict(network.state_dict())
    assert torch.equal(released(features), network(features).z)


def test_parts_within_parts_go_and_the_given_network_stays_as_it_was():
    network = nn.Sequential(nn.Identity(), head())
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    released = without_training_parts(network)
    assert released[1].local_correlation is released[1].projector is None
    assert not any(module.training for module in released.modules())
    for parameter in released.parameters():
        nn.init.zeros_(parameter)
    assert all(module.training for module in network.modules())
    assert network.state_dict().keys() == before.keys()
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_a_network_without_such_parts_is_copied_whole():
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    released = without_training_parts(network)
    assert released is not network
    assert all(torch.equal(tensor, network.state_dict()[name]) for name, tensor in released.state_dict().items())
    assert released.state_dict().keys() == network.state_dict().keys()
