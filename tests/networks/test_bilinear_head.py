"""The bilinear head: its streams, its precision under autocast, its refusals."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.networks import BilinearHead
from references.bilinear import descriptor, parameters, pooled


def head(**settings):
    torch.manual_seed(0)
    return BilinearHead(**{"in_channels": 6, "out_channels": 3, "reduced_channels": (4, 5), **settings})


def features(*shape, seed=1):
    return torch.rand(*(shape or (2, 6, 7, 7)), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("symmetric", [False, True])
def test_it_is_the_linear_layer_on_the_descriptor(symmetric):
    network = head(symmetric=symmetric, reduced_channels=(4, 4)).eval().double()
    image = features(1, 6, 3, 2).double()
    first = network.reduce_first(image)
    second = first if symmetric else network.reduce_second(image)
    expected = descriptor(pooled(first[0].flatten(1).tolist(), second[0].flatten(1).tolist()))
    torch.testing.assert_close(network(image), network.out(torch.tensor([expected], dtype=torch.float64)))


@pytest.mark.parametrize("symmetric", [False, True])
def test_number_of_parameters(symmetric):
    network = head(symmetric=symmetric, reduced_channels=(4, 4))
    assert sum(p.numel() for p in network.parameters()) == parameters(6, 3, 4, 4, symmetric)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_has_no_influence(dtype):
    network, low = head().eval(), features().to(dtype)
    with torch.autocast("cpu", dtype=dtype):
        answer = network(low)
        product = low.flatten(2) @ low.flatten(2).mT
    assert product.dtype == dtype  # autocast was on
    assert answer.dtype == torch.float32
    assert torch.equal(answer, network(low.float()))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_a_converted_head_answers_in_its_own_precision(dtype):
    expected = head().eval()(features())
    answer = head().eval().to(dtype)(features().to(dtype))
    assert answer.dtype == dtype
    torch.testing.assert_close(answer.float(), expected, atol=0.02, rtol=0)


@pytest.mark.parametrize("training", [False, True])
def test_zero_features_give_a_finite_gradient(training):
    network, image = head().train(training), torch.zeros(2, 6, 4, 4, requires_grad=True)
    network(image).square().sum().backward()
    assert torch.isfinite(image.grad).all()
    assert all(torch.isfinite(parameter.grad).all() for parameter in network.parameters())


def test_normalisation_is_exchangeable():
    network = head(norm=("group", {"num_groups": 2}), reduced_channels=(4, 4))
    assert isinstance(network.reduce_first[1], torch.nn.GroupNorm)
    both = features()
    torch.testing.assert_close(network(both)[:1], network(both[:1]))  # no image depends on the rest of its batch


@pytest.mark.parametrize("wrong", [(4,), (4, 4, 4), (0, 4), (4, 2.5), 4])
def test_wrong_reductions_are_refused(wrong):
    with pytest.raises(ConfigError, match=r"BilinearHead: reduced_channels is .*; give two whole numbers from 1"):
        head(reduced_channels=wrong)


def test_a_symmetric_head_has_one_width():
    with pytest.raises(ConfigError, match=r"reduced_channels is \(4, 5\), but symmetric"):
        head(symmetric=True)
