import copy

import pytest
import torch
from torch import nn

from lucency.errors import ConfigError
from lucency.inference.heatmaps import randomisation_check


def stripes(count=48, size=24):
    """Noise with one patch of stripes at a random place: lying (finding 0) or standing (finding 1)."""
    torch.manual_seed(0)
    images, targets = 0.1 * torch.rand(count, 1, size, size), torch.zeros(count, 2)
    for image, target in zip(images, targets, strict=True):
        row, column = torch.randint(0, size - 12, (2,)).tolist()
        standing = int(torch.rand(()) < 0.5)
        patch = torch.zeros(12, 12)
        patch[::3] = 1
        image[0, row : row + 12, column : column + 12] += patch.T if standing else patch
        target[standing] = 1
    return images, targets


@pytest.fixture(scope="module")
def trained():
    """A small network that tells lying from standing stripes."""
    images, targets = stripes()
    torch.manual_seed(1)
    network = nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 2),
    )  # fmt: skip
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(50):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(network(images), targets).backward()
        optimizer.step()
    assert ((network.eval()(images) > 0) == targets).float().mean() > 0.95
    return network, images


@pytest.mark.parametrize("method", ["gradcam", "gradcam++", "hirescam"])
def test_maps_change_when_the_model_forgets(trained, method):
    network, images = trained
    weights = copy.deepcopy(network.state_dict())
    correlations = randomisation_check(network, images[:32], layer="5", method=method)
    assert list(correlations) == ["intact", "8", "4", "3", "1", "0"]
    assert correlations["intact"] == 1
    assert max(list(correlations.values())[1:]) < 0.7
    assert abs(correlations["0"]) < 0.5
    assert all(torch.equal(tensor, weights[name]) for name, tensor in network.state_dict().items())


def test_maps_without_negative_weights_resemble_the_image_even_at_random(trained):
    network, images = trained
    kept = {}
    for method in ("gradcam", "gradcam++"):
        correlations = randomisation_check(network, images[:32], layer="5", method=method)
        kept[method] = sum(correlations.values()) / len(correlations)
    assert kept["gradcam++"] > kept["gradcam"] + 0.1


def test_the_check_is_repeatable_and_leaves_the_generator_alone(trained):
    network, images = trained
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = randomisation_check(network, images[:4], layer="5", findings=[1], seed=3)
    assert torch.equal(torch.rand(3), expected)
    assert randomisation_check(network, images[:4], layer="5", findings=[1], seed=3) == first
    assert randomisation_check(network, images[:4], layer="5", findings=[1], seed=4) != first


class Ignorant(nn.Linear):
    """A head that has nothing to forget: its maps show where the image is bright, whatever was learnt."""

    def reset_parameters(self):
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)


def test_maps_that_show_the_image_instead_of_the_model_are_found_out():
    network = nn.Sequential(nn.Identity(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), Ignorant(1, 2))
    correlations = randomisation_check(network, stripes(8)[0], layer="0")
    assert correlations == {"intact": 1.0, "3": pytest.approx(1.0)}


def test_ranks_are_those_of_scipy(trained):
    from scipy.stats import spearmanr

    from lucency.inference.heatmaps import EvidenceMaps

    network, images = trained
    correlations = randomisation_check(network, images[:5], layer="5", seed=2)
    torch.manual_seed(2)
    forgetful = copy.deepcopy(network)
    forgetful[8].reset_parameters()
    pairs = []
    for image in images[:5]:
        before, after = (EvidenceMaps(n, layer="5").values(image, [0, 1])[1] for n in (network, forgetful))
        pairs += zip(before.flatten(1), after.flatten(1), strict=True)
    expected = sum(spearmanr(before, after).statistic for before, after in pairs) / len(pairs)
    assert correlations["8"] == pytest.approx(expected)


def test_even_maps_count_as_no_correlation():
    network = nn.Sequential(nn.Conv2d(1, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    assert randomisation_check(network, torch.full((2, 1, 8, 8), 0.5), layer="0")["3"] == 0


class OwnParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(2, 1, 1))

    def forward(self, x):
        return x * self.scale


def test_a_parameter_that_nothing_resets_is_named():
    network = nn.Sequential(OwnParameter(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(ConfigError, match="OwnParameter '0' has no reset_parameters"):
        randomisation_check(network, torch.rand(1, 1, 8, 8), layer="0")
