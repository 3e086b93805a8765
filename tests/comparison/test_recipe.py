"""A recipe is read strictly; its network depends on the seed alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lucency.comparison import Recipe, loss_options
from lucency.errors import ConfigError

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "scripts" / "benchmarks" / "recipes"
PLANS = [plan for kind in ("assemble", "correlation", "refinement") for plan in FOLDER.glob(f"{kind}_*.yaml")]
RECIPES = sorted(set(FOLDER.glob("*.yaml")) - set(PLANS))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_published_recipes_are_whole(path, study):
    recipe = Recipe.read(path)
    assert len(recipe.seeds) >= 3
    network = recipe.build_network(1280, 14, 0).eval()
    inputs = torch.zeros(2, 1280) if path.stem == "features" else torch.zeros(2, 1, 64, 64)
    assert network(inputs).shape == (2, 14)
    for option in loss_options(recipe.losses, ROOT / "bundles"):
        option.build(study, seed=0, max_epochs=recipe.max_epochs)


def test_a_misspelt_key_is_one_line(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("network: {_target_: torch.nn.Linear}\nmax_epoch: 3\n")
    with pytest.raises(ConfigError, match=r"recipe.yaml: no key 'max_epoch'; did you mean 'max_epochs'"):
        Recipe.read(path)
    path.write_text("max_epochs: 3\n")
    with pytest.raises(ConfigError, match="key 'network' is missing"):
        Recipe.read(path)
    path.write_text("- 1\n")
    with pytest.raises(ConfigError, match="give a mapping"):
        Recipe.read(path)
    with pytest.raises(ConfigError, match=r"absent.yaml: not readable"):
        Recipe.read(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rates": []},
        {"learning_rates": [0.0]},
        {"seeds": [1, 1]},
        {"max_epochs": 0},
        {"batch_size": 1},
        {"patience": -1},
        {"metric": "loss"},
        {"weight_decay": -1},
        {"network": {"in_features": 3}},
        {"losses": "an"},
    ],
)
def test_nonsense_is_refused_by_name(recipe, change):
    with pytest.raises(ConfigError, match=f"recipe: {next(iter(change))} must be"):
        replace(recipe, **change)


def test_the_network_depends_on_the_seed_alone(recipe):
    first = recipe.build_network(6, 4, 3).weight
    torch.rand(5)
    assert torch.equal(recipe.build_network(6, 4, 3).weight, first)
    assert not torch.equal(recipe.build_network(6, 4, 4).weight, first)


def test_a_network_that_cannot_be_built_is_one_line(recipe):
    wrong = replace(recipe, network={"_target_": "torch.nn.Linear", "in_featurs": 3})
    with pytest.raises(ConfigError, match=r"network torch.nn.Linear: .*in_featurs") as caught:
        wrong.build_network(6, 4, 0)
    assert "\n" not in str(caught.value)
