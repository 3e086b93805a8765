"""The label-correlation head: its formula, its symmetries, how it begins, and its refusals."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lucency.errors import ConfigError
from lucency.networks import LabelCorrelationHead
from references.label_correlation import label_correlations, parameters

KINDS = {"all": {}, "decomposition": {"global_correlation": False}, "no contrast": {"projection": 0}}
each_kind = pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS)
TRAINING_ONLY = ("local_correlation", "projector")


def head(channels=6, findings=4, seed=0, **settings):
    """With parameters that are all different from 0 and 1: what begins there would hide."""
    torch.manual_seed(seed)
    network = LabelCorrelationHead(channels, findings, **{"dim": 8, "projection": 5} | settings)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.5)
    return network


def features(count=5, channels=6, extent=(3, 2), seed=1, dtype=torch.float32):
    return torch.randn(count, channels, *extent, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def letters(network):
    """The parameters by the letters of the formula, as lists of rows."""
    named = {"E": network.E, "w": network.w, "b": network.b, "W_t": network.W_t.weight, "bias_t": network.W_t.bias}
    named |= {name: getattr(network, name).weight for name in ("W_q", "W_k", "W_v")}
    named |= {"scale_E": network.norm_E.weight, "shift_E": network.norm_E.bias}
    named |= {"scale_F": network.norm_F.weight, "shift_F": network.norm_F.bias}
    first, second = network.projector.mlp[0], network.projector.mlp[2]
    named |= {"M_1": first.weight, "m_1": first.bias, "M_2": second.weight, "m_2": second.bias}
    if network.global_correlation is not None:
        named |= {f"{name}^g": getattr(network.global_correlation, name).weight for name in ("W_q", "W_k", "W_v")}
        named |= {"W_g": network.global_correlation.W_g.weight}
        named |= {name: getattr(network.local_correlation, name).weight for name in ("U_q", "U_k")}
    return {name: (tensor if tensor.ndim == 2 else tensor[None]).tolist() for name, tensor in named.items()}


@pytest.mark.parametrize("global_correlation", [True, False])
def test_it_is_the_formula(global_correlation):
    network, images = head(global_correlation=global_correlation).double(), features(dtype=torch.float64)
    output, attention = network(images), network.attention(images)
    for i, image in enumerate(images):
        expected = label_correlations(image.flatten(1).T.tolist(), letters(network), global_correlation)
        found = {"A": attention[i].flatten(1), "u": output.u[i], "z": output.z[i : i + 1]}
        if global_correlation:
            found |= {"G": output.G, "L": output.L[i]}
        assert found.keys() == expected.keys()
        for name, tensor in found.items():
            torch.testing.assert_close(tensor, torch.tensor(expected[name], dtype=torch.float64), msg=name)


def test_number_of_parameters():
    count = sum(parameter.numel() for parameter in head(findings=3).parameters())
    assert count == parameters(6, 3, 8, 5)


@pytest.mark.parametrize("extent", [(1,), (7,), (1, 1), (3, 5), (2, 3, 2)], ids=str)
@pytest.mark.parametrize("findings", [1, 4])
def test_one_finding_one_image_and_maps_of_any_extent(findings, extent):
    network, image = head(findings=findings), features(1, extent=extent)
    output, attention = network(image), network.attention(image)
    assert attention.shape == (1, findings, *extent)
    assert (output.z.shape, output.G.shape, output.L.shape) == ((1, findings), (findings,) * 2, (1, findings, findings))
    for rows in (output.G, output.L, attention.flatten(2)):
        assert (rows >= 0).all()
        torch.testing.assert_close(rows.sum(-1), torch.ones(rows.shape[:-1]))
    torch.testing.assert_close(output.u.norm(dim=-1), torch.ones(1, findings))


def test_five_hundred_findings():
    output = head(findings=500)(features(2))
    assert (output.z.shape, output.L.shape) == ((2, 500), (2, 500, 500))
    torch.testing.assert_close(output.L.sum(-1), torch.ones(2, 500))


@each_kind
def test_permuted_findings_permute_all_that_is_said_of_them(settings):
    network, order = head(**settings), torch.tensor([2, 0, 3, 1])
    expected, attention = network(features()), network.attention(features())
    with torch.no_grad():
        for parameter in (network.E, network.w, network.b):
            parameter.copy_(parameter[order])
    found = network(features())
    torch.testing.assert_close(found.z, expected.z[:, order])
    torch.testing.assert_close(network.attention(features()), attention[:, order])
    if found.G is not None:
        torch.testing.assert_close(found.G, expected.G[order][:, order])
        torch.testing.assert_close(found.L, expected.L[:, order][:, :, order])
    if found.u is not None:
        torch.testing.assert_close(found.u, expected.u[:, order])


def test_images_do_not_depend_on_their_batch_nor_on_where_things_are():
    network, images, order = head(), features(), torch.tensor([3, 1, 4, 0, 2])
    expected, moved = network(images), network(images[order])
    for name in ("z", "L", "u"):
        torch.testing.assert_close(getattr(moved, name), getattr(expected, name)[order])
    torch.testing.assert_close(network(images[1:2]).z, expected.z[1:2])
    torch.testing.assert_close(network(images.flip(2)).z, expected.z)  # no place is known by its number


@each_kind
def test_training_and_evaluation_give_the_same_logits(settings):
    network = head(**settings)
    output = network(features())
    assert torch.equal(network.eval()(features()), output.z)
    assert (output.G is None) == (output.L is None) == (not settings.get("global_correlation", True))
    assert (output.u is None) == (settings.get("projection") == 0)


def test_without_global_correlation_labels_know_nothing_of_each_other():
    def logits(settings, change):
        network = head(**settings)
        with torch.no_grad():
            network.E[1, 0] += change
        return network.eval()(features())

    alone, linked = ((logits(kind, 3.0) - logits(kind, 0.0)).abs().amax(0) for kind in (KINDS["decomposition"], {}))
    assert alone[1] > 1e-3
    assert not alone[[0, 2, 3]].any()
    assert (linked > 1e-4).all()


@each_kind
def test_every_parameter_has_a_gradient_that_is_not_zero(settings):
    network = head(**settings)
    output = network(features())
    sum(part.square().sum() for part in (output.z, output.L) if part is not None).backward(retain_graph=True)
    if output.u is not None:
        output.u.sum().backward()  # squares of unit vectors sum to a constant
    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_logits_alone_train_all_but_the_parts_of_the_losses():
    network = head()
    network(features()).z.square().sum().backward()
    silent = {name.split(".")[0] for name, p in network.named_parameters() if p.grad is None or not p.grad.any()}
    assert silent == set(TRAINING_ONLY)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_has_no_influence(dtype):
    network, low = head(), features().to(dtype)
    with torch.autocast("cpu", dtype=dtype):
        output, attention, product = network(low), network.attention(low), low.flatten(1) @ low.flatten(1).T
    assert product.dtype == dtype  # autocast was on
    expected = network(low.float())
    for found, wanted in zip((*output, attention), (*expected, network.attention(low.float())), strict=True):
        assert found.dtype == torch.float32
        assert torch.equal(found, wanted)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_a_converted_head_answers_in_its_own_precision(dtype):
    network = head().eval()
    expected = network(features())
    answer = network.to(dtype)(features())
    assert answer.dtype == dtype
    torch.testing.assert_close(answer.float(), expected, atol=0.03 * expected.abs().max().item(), rtol=0)


@pytest.mark.parametrize("settings", [{}, {"global_correlation": False}, {"embeddings": 50 * np.eye(64, 300)}], ids=str)
def test_logits_begin_with_the_spread_of_a_linear_layer_on_normal_features(settings):
    images = torch.rand(16, 1024, 3, 3, generator=torch.Generator().manual_seed(9))

    def spread(seed):
        torch.manual_seed(seed)
        return LabelCorrelationHead(1024, 64, **settings).eval()(images).square().mean()

    found = torch.stack([spread(seed) for seed in range(3)]).mean().sqrt()
    linear = 3**-0.5  # of features with mean square 1, which layer normalisation makes, under U(-1, 1) / sqrt(d)
    assert 0.8 < found / linear < 1.3


def test_it_learns_eight_images_by_heart():
    torch.manual_seed(0)
    network, images = LabelCorrelationHead(32, 4, dim=32), features(8, 32)
    label = torch.randint(0, 2, (8, 4), generator=torch.Generator().manual_seed(1)).float()
    assert not ((network(images).z > 0) == (label > 0.5)).all()
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(network(images).z, label).backward()
        optimizer.step()
    assert ((network(images).z > 0) == (label > 0.5)).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"in_channels": 0}, "in_channels is 0; give a whole number from 1"),
        ({"out_channels": 2.0}, "out_channels is 2.0; give a whole number from 1"),
        ({"dim": 0}, "dim is 0; give a whole number from 1"),
        ({"projection": -1}, "projection is -1; give a whole number from 0"),
        ({"embeddings": "absent.npy"}, "absent.npy: holds no readable"),
        ({"embeddings": "onehot"}, "onehot is no .npy file; give normal, vectors, or the path of one"),
        ({"embeddings": [[1.0, 2.0]]}, r"have the shape \(1, 2\) instead of \(4, D\)"),
    ],
)
def test_wrong_arguments_are_refused_by_name(settings, message):
    with pytest.raises(ConfigError, match=message) as caught:
        LabelCorrelationHead(**{"in_channels": 6, "out_channels": 4} | settings)
    assert "\n" not in str(caught.value)
