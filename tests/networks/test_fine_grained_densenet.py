"""The network: MONAI's DenseNet121 underneath, two heads, what it takes and what it refuses."""

import copy
import io

import pytest
import torch
from monai.bundle import ConfigParser
from monai.networks.nets import DenseNet121

from lucency.errors import ConfigError
from lucency.networks import FineGrainedDenseNet
from references.bilinear import parameters

TINY = {"spatial_dims": 2, "in_channels": 1, "out_channels": 3}
TINY |= {"init_features": 8, "growth_rate": 4, "block_config": (2, 2)}


def tiny(seed=0, **settings):
    torch.manual_seed(seed)
    return FineGrainedDenseNet(**{**TINY, "reduced_channels": (6, 5), **settings})


def images(count=4, size=32):
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(1))


def number(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_output_is_the_mean_of_the_heads_or_the_bilinear_one():
    network = tiny().eval()
    plain, bilinear = network.heads(images())
    assert plain.shape == bilinear.shape == (4, 3)
    torch.testing.assert_close(network(images()), torch.stack([plain, bilinear]).mean(dim=0))
    assert torch.equal(tiny(output="bilinear").eval()(images()), bilinear)
    assert not torch.allclose(plain, bilinear)


def test_it_is_densenet121_plus_the_bilinear_head():
    with torch.device("meta"):
        both, plain = FineGrainedDenseNet(2, 1, 14), DenseNet121(2, 1, 14)
        shared = FineGrainedDenseNet(2, 1, 14, symmetric=True)
    assert number(both) == number(plain) + parameters(1024, 14)
    assert number(shared) == number(plain) + parameters(1024, 14, symmetric=True)


def test_weights_of_monais_densenet_load():
    plain, network = DenseNet121(**TINY).eval(), tiny().eval()
    answer = network.load_state_dict(plain.state_dict(), strict=False)
    assert answer.unexpected_keys == []
    assert {key.split(".")[0] for key in answer.missing_keys} == {"bilinear"}
    assert torch.equal(network.heads(images())[0], plain(images()))


def test_dropout_prob_and_norm_reach_the_backbone():
    assert any(isinstance(module, torch.nn.Dropout2d) for module in tiny(dropout_prob=0.5).modules())
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in tiny(norm="instance").modules())


def test_state_dict_round_trip_without_pickle():
    network, file = tiny().eval(), io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    other = tiny(seed=7).eval()
    assert not torch.equal(other(images()), network(images()))
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other(images()), network(images()))


def test_channels_last_is_contiguous():
    network = tiny().eval()
    expected = network(images())
    network.to(memory_format=torch.channels_last)
    answer = network(images().to(memory_format=torch.channels_last))
    torch.testing.assert_close(answer, expected)


def test_under_bfloat16_autocast_the_backbone_changes_and_the_bilinear_head_does_not():
    network = tiny().eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        plain, bilinear = network.heads(images())
    assert (plain.dtype, bilinear.dtype) == (torch.bfloat16, torch.float32)
    for found, expected in zip((plain, bilinear), network.heads(images()), strict=True):
        torch.testing.assert_close(found.float(), expected, atol=0.05, rtol=0)


@pytest.mark.parametrize("settings", [{}, {"deep_supervision": True}, {"output": "bilinear"}])
def test_every_trainable_parameter_has_a_gradient(settings):
    network = tiny(**settings)  # DistributedDataParallel stops if one has none
    answer = network(images())
    sum(answer if isinstance(answer, list) else [answer]).square().sum().backward()
    assert [name for name, p in network.named_parameters() if p.requires_grad == (p.grad is None)] == []


def test_a_configuration_makes_it_where_it_makes_a_densenet():
    config = {"_target_": "lucency.networks.FineGrainedDenseNet", **TINY, "block_config": [2, 2]}
    network = ConfigParser({"network_def": {**config, "reduced_channels": [6, 5]}}).get_parsed_content("network_def")
    assert network.state_dict().keys() == tiny().state_dict().keys()


def test_a_deep_copy_is_the_same_network():
    network = tiny().eval()
    assert torch.equal(copy.deepcopy(network)(images()), network(images()))


@pytest.mark.parametrize(
    ("argument", "wrong"),
    [
        ("spatial_dims", 3),
        ("in_channels", 0),
        ("out_channels", 0),
        ("out_channels", 2.0),
        ("init_features", -1),
        ("growth_rate", 0),
        ("bn_size", 0),
        ("block_config", ()),
        ("block_config", (2, 0)),
        ("block_config", 2),
        ("dropout_prob", 1.0),
        ("dropout_prob", -0.1),
        ("output", "plain"),
        ("reduced_channels", (0, 1)),
    ],
)
def test_wrong_arguments_are_refused_by_name(argument, wrong):
    with pytest.raises(ConfigError, match=f"{argument} is .*; give "):
        tiny(**{argument: wrong})
