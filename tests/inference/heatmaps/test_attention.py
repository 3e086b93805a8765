import copy

import pytest
import torch
from monai.networks.nets import DenseNet, ResNetFeatures
from torch import nn

from lucency.errors import ConfigError
from lucency.inference.heatmaps import AttentionMaps, randomisation_check
from lucency.inference.heatmaps.methods import METHODS, maps_of
from lucency.networks import LabelCorrelationDenseNet, LabelCorrelationNet
from references.known_attention import Attending

TINY = {"init_features": 8, "growth_rate": 4, "block_config": (2, 2)}


def densenet():
    torch.manual_seed(0)
    return LabelCorrelationDenseNet(2, 1, 3, dim=16, projection=4, **TINY)


def resnet():
    torch.manual_seed(0)
    return LabelCorrelationNet(
        ResNetFeatures("resnet10", pretrained=False, spatial_dims=2, in_channels=1), 512, 3, dim=8
    )


def image(size=64, seed=0):
    return torch.rand(1, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("make", [densenet, resnet])
def test_a_value_is_the_share_of_a_place_in_multiples_of_the_average_share(make):
    network, x = make().eval(), image()
    with torch.no_grad():
        logits, shares = network(x[None])[0], network.attention(x[None])[0]
    ours, values = AttentionMaps(network).values(x, [2, 0])
    assert torch.equal(ours, logits)
    for values_of_one, finding in zip(values, [2, 0], strict=True):
        rows, columns = values_of_one.shape
        average = sum(shares[finding, row, column].item() for row in range(rows) for column in range(columns)) / (
            rows * columns
        )
        torch.testing.assert_close(values_of_one, shares[finding] / average)
    assert values.std() > 0
    heat = AttentionMaps(network)(x, [2, 0])[1]
    torch.testing.assert_close(heat, (values - 1).clamp(min=0))


@pytest.mark.parametrize("focus", [0.0, 0.25, 1.0])
def test_heat_is_what_the_looked_at_quarter_has_above_its_equal_share(focus):
    _, heat = AttentionMaps(Attending(focus))(image(32), [1])
    expected = torch.zeros(8, 8)
    expected[:4, 4:] = 3 * focus  # a quarter of the places: (1 - focus) + 4 focus, less 1
    torch.testing.assert_close(heat[0], expected, rtol=1e-5, atol=1e-5)


def test_one_place_alone_stands_out_over_none():
    network = Attending()
    network.attention = lambda image: torch.ones(1, 4, 1, 1)
    assert AttentionMaps(network)(image(32), [0, 3])[1].tolist() == [[[0.0]], [[0.0]]]


@pytest.mark.parametrize(
    "around", [torch.enable_grad, torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu")]
)
def test_what_is_around_changes_nothing_and_the_network_is_left_as_it_was(around):
    network = densenet().eval()
    expected = AttentionMaps(network)(image(), [0, 2])
    network.train().features.norm0.eval()
    modes = [module.training for module in network.modules()]
    weights = copy.deepcopy(network.state_dict())
    with around():
        ours = AttentionMaps(network)(image(), [0, 2])
    for tensor, wanted in zip(ours, expected, strict=True):
        assert torch.equal(tensor, wanted)
        assert not tensor.requires_grad
    assert [module.training for module in network.modules()] == modes
    assert all(torch.equal(tensor, weights[name]) for name, tensor in network.state_dict().items())


def test_a_network_in_another_precision_gives_float32():
    logits, heat = AttentionMaps(densenet().double())(image(), [1])
    assert logits.dtype == heat.dtype == torch.float32


def test_weights_that_are_not_numbers_give_maps_that_are_not():
    network = densenet()
    nn.init.constant_(network.features.conv0.weight, torch.nan)
    assert AttentionMaps(network)(image(), [1])[1].isnan().all()


def test_a_network_without_attention_is_one_line_with_the_mend():
    with pytest.raises(
        ConfigError, match=r"DenseNet has no attention\(image\).*set heatmap_method to gradcam"
    ) as caught:
        AttentionMaps(DenseNet(2, 1, 3, **TINY))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("attention", "message"),
    [
        (lambda image: torch.full((1, 3, 2, 2), 0.25), r"gives \(1, 3, 2, 2\), not \(1, 4, h, w\)"),
        (lambda image: torch.full((1, 4, 4), 0.25), r"gives \(1, 4, 4\), not"),
        (lambda image: None, "gives NoneType, not"),
        (lambda image: torch.full((1, 4, 2, 2), 1.0), "no shares that sum to 1"),
        (lambda image: torch.tensor([2.0, -1.0]).expand(1, 4, 1, 2), "no shares that sum to 1"),
    ],
)
def test_what_is_no_attention_is_one_line(attention, message):
    network = Attending()
    network.attention = attention
    with pytest.raises(ConfigError, match=message) as caught:
        AttentionMaps(network)(image(32), [0])
    assert "\n" not in str(caught.value)


def test_logits_that_are_none_are_named():
    network = nn.Sequential(nn.Conv2d(1, 2, 3))
    network.attention = lambda image: torch.ones(1, 2, 1, 1)
    with pytest.raises(ConfigError, match=r"Sequential gives no logits \(B, L\)"):
        AttentionMaps(network)(image(32), [0])


def test_a_method_by_name_needs_a_layer_only_where_it_shows_one():
    assert isinstance(maps_of(Attending(), layer="there is none", method="attention"), AttentionMaps)
    for method in METHODS:
        assert maps_of(Attending(), layer="features", method=method).layer == (
            None if method == "attention" else "features"
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "atention"}, "method is 'atention'; give one of gradcam, .*attention"),
        ({"method": "attention", "baseline": "zero"}, "give baseline image, not 'zero'"),
    ],
)
def test_settings_that_make_no_maps_are_named(options, message):
    with pytest.raises(ConfigError, match=message):
        maps_of(Attending(), layer="features", **options)


class BrightestPlaces(nn.Module):
    """Looks where a convolution answers most; two logits of what is seen there."""

    def __init__(self, convolution):
        super().__init__()
        self.convolution, self.classifier = convolution, nn.Linear(1, 2)

    def forward(self, image):
        return self.classifier((self.convolution(image) * self.attention(image)[:, :1]).sum((2, 3)))

    def attention(self, image):
        scores = self.convolution(image).flatten(2)
        return scores.softmax(-1).unflatten(2, image.shape[2:]).expand(-1, 2, -1, -1)


def test_attention_changes_when_what_looks_forgets_and_not_when_what_judges_does():
    torch.manual_seed(0)
    images = torch.rand(6, 1, 12, 12)
    correlations = randomisation_check(BrightestPlaces(nn.Conv2d(1, 1, 5, padding=2)), images, method="attention")
    assert list(correlations) == ["intact", "classifier", "convolution"]
    assert correlations["classifier"] == pytest.approx(1)
    assert abs(correlations["convolution"]) < 0.7


def test_attention_that_follows_the_image_alone_is_found_out():
    correlations = randomisation_check(BrightestPlaces(nn.Identity()), torch.rand(3, 1, 8, 8), method="attention")
    assert correlations == {"intact": 1.0, "classifier": pytest.approx(1)}
