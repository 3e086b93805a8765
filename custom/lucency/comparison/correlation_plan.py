"""What a benchmark of label correlations is told in one YAML file: folds, networks, budget."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from .correlation_rung import BCE, CorrelationRung, correlation_rungs
from .recipe import Recipe
from .yaml_file import from_mapping, read_yaml


@dataclass(frozen=True, kw_only=True)
class CorrelationPlan:
    """A benchmark of label correlations.

    Args:
        recipe: what is the same for all runs. Its `network` is the plain one, its `losses` are names of rungs. Its
            first seed is that of the first fold; further folds count on from it.
        correlation_network: that of all rungs but the first, see `correlation_rungs`.
        folds, repeats, validation, fold_seed: see `fold_studies`.

    Raises:
        ConfigError: a value makes no sense.

    Example:
        >>> ends = {"in_channels": "@features", "out_channels": "@outputs"}
        >>> plain = {"_target_": "lucency.comparison.PooledLinear", **ends}
        >>> head = {"_target_": "lucency.networks.LabelCorrelationHead", **ends}
        >>> recipe = Recipe(network=plain, losses=["bce", "global"])
        >>> [rung.name for rung in CorrelationPlan(recipe=recipe, correlation_network=head).rungs]
        ['bce', 'global']
    """

    recipe: Recipe
    correlation_network: Mapping[str, Any]
    folds: int = 5
    repeats: int = 3
    validation: float = 0.15
    fold_seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.correlation_network, Mapping) or "_target_" not in self.correlation_network:
            raise ConfigError("plan: correlation_network must be a mapping with _target_")
        if BCE not in self.recipe.losses:
            raise ConfigError(f"plan: losses of the recipe lack {BCE!r}; all others are compared with it")
        _ = self.rungs

    @property
    def rungs(self) -> list[CorrelationRung]:
        """The rungs that the recipe names."""
        return correlation_rungs(self.recipe.losses, self.correlation_network)

    @classmethod
    def read(cls, path: str | Path) -> "CorrelationPlan":
        """Read a YAML file whose keys are the arguments, `recipe` with the keys of `Recipe`.

        Raises:
            ConfigError: the file cannot be read, or has a key that is no argument.
        """
        return read_yaml(cls, path, recipe=partial(from_mapping, Recipe))
