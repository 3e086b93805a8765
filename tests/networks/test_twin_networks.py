import pytest
import torch
from torch import nn

from lucency.errors import ConfigError
from lucency.networks import TwinNetworks


def twins():
    torch.manual_seed(0)
    return TwinNetworks(*(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)) for _ in range(2)))


def test_in_training_both_answer_and_in_evaluation_the_first():
    network, image = twins(), torch.rand(5, 4)
    first, second = network(image)
    assert not torch.allclose(first, second)
    torch.testing.assert_close(first, network.first(image))
    torch.testing.assert_close(second, network.second(image))
    assert torch.equal(network.eval()(image), network.first(image))
    assert len(network.train()(image)) == 2


def test_each_learns_from_its_own_logits():
    network = twins()
    network(torch.rand(5, 4))[1].square().sum().backward()
    assert all(parameter.grad is None for parameter in network.first.parameters())
    assert all(parameter.grad is not None for parameter in network.second.parameters())


def test_the_state_of_the_first_is_that_of_a_plain_network():
    network, plain = twins(), nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    plain.load_state_dict(network.first.state_dict())
    state = network.state_dict()
    assert {name.split(".")[0] for name in state} == {"first", "second"}
    assert all(torch.equal(tensor, state[f"first.{name}"]) for name, tensor in plain.state_dict().items())


def test_one_network_twice_is_refused():
    network = nn.Linear(2, 2)
    with pytest.raises(ConfigError, match="first and second are one network; define each by itself"):
        TwinNetworks(network, network)
