import copy
import gc
import resource

import pytest
import torch
from monai.networks.nets import DenseNet
from monai.visualize import GradCAM, GradCAMpp
from torch import nn

from lucency.errors import ConfigError
from lucency.inference.heatmaps import EvidenceMaps
from lucency.networks import FineGrainedDenseNet
from references.grad_cam import METHODS, features_and_gradients
from references.known_evidence import Quadrants, mass_by_quadrant

TINY = {"init_features": 8, "growth_rate": 4, "block_config": (2, 2)}
LAYERS = ["class_layers.relu", "features.norm5", "features.denseblock2", "features.transition1.relu"]


def densenet(**options):
    torch.manual_seed(0)
    return with_statistics(DenseNet(2, 1, 3, **TINY, **options))


def fine_grained(**options):
    torch.manual_seed(0)
    return with_statistics(FineGrainedDenseNet(2, 1, 3, reduced_channels=(4, 5), **TINY, **options))


def with_statistics(network):
    """Run the network once in training, so that its normalisation knows what to expect."""
    for _ in range(8):
        network.train()(torch.rand(8, 1, 48, 48))
    return network.eval()


def without_in_place(network):
    """A copy that MONAI can explain at any layer."""
    network = copy.deepcopy(network)
    for module in network.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    return network


def image(size=48, seed=0):
    return torch.rand(1, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("make", [densenet, fine_grained])
def test_maps_equal_the_formulas_of_the_papers(make, layer, method):
    network, x = make(), image()
    explain = EvidenceMaps(network, layer=layer, method=method, baseline="zero")
    logits, maps = explain(x, [2, 0])
    torch.testing.assert_close(logits, network(x[None])[0].detach())
    for index, finding in enumerate([2, 0]):
        expected = METHODS[method](*features_and_gradients(network, x, layer, finding))
        expected = expected * (1 if method == "gradcam++" else expected.numel())
        torch.testing.assert_close(maps[index], expected, rtol=1e-5, atol=1e-5)
    assert explain.values(x, [2, 0])[1].abs().amax((1, 2)).min() > 0


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("layer", LAYERS)
def test_maps_equal_those_of_monai(layer, order):
    network, x = densenet(), image()
    theirs = GradCAM(without_in_place(network), layer)
    _, maps = EvidenceMaps(network.to(memory_format=order), layer=layer, baseline="zero")(x, [0, 1, 2])
    for finding, ours in enumerate(maps):
        torch.testing.assert_close(
            ours / ours.numel(), theirs.compute_map(x[None], class_idx=finding)[0, 0].detach(), rtol=1e-5, atol=1e-5
        )


def test_grad_cam_plus_plus_equals_that_of_monai_where_gradients_are_large_and_even():
    network, x = densenet(), image()
    with torch.no_grad():
        network.class_layers.out.weight *= 30
    theirs = GradCAMpp(without_in_place(network), "class_layers.relu")
    logits, maps = EvidenceMaps(network, method="gradcam++", baseline="zero")(x, [0, 1, 2])
    for finding, ours in enumerate(maps):
        expected = theirs.compute_map(x[None], class_idx=finding)[0, 0].detach() / logits[finding].exp()
        torch.testing.assert_close(ours, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("method", ["gradcam", "hirescam"])
def test_a_value_is_the_logit_of_an_image_that_looks_like_this_place_everywhere(method):
    network, x = densenet(), image(96)
    head = network.class_layers.out
    with torch.no_grad():
        features = torch.relu(network.features(x[None]))[0]
        everywhere = torch.stack([head(place) for place in features.flatten(1).T])
    logits, evidence = EvidenceMaps(network, method=method).values(x, [0, 1, 2])
    shape = evidence.shape[1:]
    torch.testing.assert_close(evidence + head.bias.detach()[:, None, None], everywhere.T.unflatten(1, shape))
    torch.testing.assert_close(evidence.mean((1, 2)) + head.bias.detach(), logits)


def test_averaged_gradients_are_not_those_of_a_bilinear_head():
    network, x = fine_grained(), image(96)
    (_, averaged), (_, exact) = (EvidenceMaps(network, method=m).values(x, [0]) for m in ("gradcam", "hirescam"))
    assert not torch.allclose(averaged, exact, rtol=0.01)


@pytest.mark.parametrize("finding", range(4))
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("baseline", ["zero", "image"])
def test_the_mass_lies_in_the_quadrant_that_the_logit_depends_on(baseline, method, finding):
    _, heat = EvidenceMaps(Quadrants(), layer="features", method=method, baseline=baseline)(image(32) + 0.5, [finding])
    assert mass_by_quadrant(heat[0])[finding] == pytest.approx(1)


def test_caution_in_the_features_empties_the_map_of_the_paper_but_not_ours():
    network = Quadrants(caution=5.0)
    _, paper = EvidenceMaps(network, layer="features", baseline="zero")(image(32), [1])
    _, ours = EvidenceMaps(network, layer="features", baseline="image")(image(32), [1])
    assert paper.max() == 0
    assert mass_by_quadrant(ours[0])[1] == pytest.approx(1)


def test_an_even_image_has_no_place_that_stands_out():
    _, heat = EvidenceMaps(nn.Sequential(nn.Conv2d(1, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()), layer="0")(
        torch.full((1, 16, 16), 0.7), [0, 1, 2, 3]
    )
    assert heat.max() < 1e-6


def state_of(network):
    return {
        name: (m.training, getattr(m, "inplace", None), len(m._forward_hooks), len(m._backward_hooks))
        for name, m in network.named_modules()
    }


@pytest.mark.parametrize("method", METHODS)
def test_the_network_is_left_as_it_was(method):
    network = fine_grained(deep_supervision=True)
    network.train()
    network.features.norm0.eval()
    network.features.conv0.weight.grad = torch.ones_like(network.features.conv0.weight)
    state, weights = state_of(network), copy.deepcopy(network.state_dict())
    grads = {name: None if p.grad is None else p.grad.clone() for name, p in network.named_parameters()}
    EvidenceMaps(network, method=method)(image(), [0])
    assert state_of(network) == state
    assert all(torch.equal(tensor, weights[name]) for name, tensor in network.state_dict().items())
    for name, parameter in network.named_parameters():
        assert parameter.grad is grads[name] is None or torch.equal(parameter.grad, grads[name])


def test_the_network_is_left_as_it_was_after_an_error():
    network = densenet().train()
    state = state_of(network)
    with pytest.raises(RuntimeError):
        EvidenceMaps(network)(torch.rand(3, 48, 48), [0])
    assert state_of(network) == state


@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode])
def test_maps_are_made_where_gradients_are_off(around):
    network = densenet()
    _, expected = EvidenceMaps(network)(image(), [0])
    network.requires_grad_(False)
    with around():
        _, heat = EvidenceMaps(network)(image(), [0])
        assert not torch.is_grad_enabled()
    assert torch.equal(heat, expected)
    assert not heat.requires_grad


def test_autocast_around_changes_nothing():
    network = densenet()
    _, expected = EvidenceMaps(network)(image(), [0])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        _, heat = EvidenceMaps(network)(image(), [0])
    assert torch.equal(heat, expected)


def test_many_images_leave_nothing_behind():
    maps = EvidenceMaps(DenseNet(2, 1, 3, init_features=4, growth_rate=2, block_config=(1, 1)))

    def explain(images):
        for seed in range(images):
            maps(image(32, seed), [0, 1, 2])
        gc.collect()
        return sum(issubclass(type(item), torch.Tensor) for item in gc.get_objects())

    tensors, peak = explain(100), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert explain(300) == tensors
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 10_000  # kilobytes


class ModulesAside(nn.Module):
    def __init__(self):
        super().__init__()
        self.aside, self.unused, self.conv = nn.Conv2d(1, 2, 1), nn.Conv2d(1, 2, 1), nn.Conv2d(1, 3, 1)

    def forward(self, x):
        self.aside(x)
        return self.conv(x).mean((2, 3))


@pytest.mark.parametrize(
    ("network", "layer", "message"),
    [
        (
            densenet,
            "features.denseblock3",
            r"DenseNet has no layer 'features.denseblock3'; near names are features.den",
        ),
        (densenet, "quite else", "near names are features, class_layers"),
        (densenet, "", "has no layer ''"),
        (densenet, "class_layers.out", r"layer 'class_layers.out' gives \(1, 3\), no feature map"),
        (ModulesAside, "unused", "layer 'unused' is not used in evaluation"),
        (ModulesAside, "aside", "no logit follows from layer 'aside'"),
        (lambda: nn.Sequential(nn.Conv2d(1, 2, 3)), "0", r"Sequential gives no logits \(B, L\)"),
    ],
)
def test_a_layer_that_cannot_be_explained_is_one_line(network, layer, message):
    with pytest.raises(ConfigError, match=message) as caught:
        EvidenceMaps(network(), layer=layer)(image(), [0])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("arguments", [{"method": "saliency"}, {"baseline": "black"}])
def test_unknown_methods_are_named(arguments):
    with pytest.raises(ConfigError, match=rf"{next(iter(arguments.values()))}.*give one of"):
        EvidenceMaps(densenet(), **arguments)
