"""What a benchmark of assembling is told in one YAML file: sources, rungs, budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ..bundle.keys import suggestion
from ..errors import ConfigError
from .assembled_study import AssembledStudy, Deal
from .recipe import Recipe
from .rung import NAIVE_UNION, rungs
from .yaml_file import from_mapping, read_yaml


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Findings that are labelled by one source while the other source labels a growing number of others.

    Args:
        findings: ids, each studied on its own.
        counts: how many others, each from 1.
        rungs: names.
        learning_rates: in place of the recipe's, if given.
        seed: of the order in which others are added, one order a finding.

    Raises:
        ConfigError: a value makes no sense.
    """

    findings: Sequence[str]
    counts: Sequence[int]
    rungs: Sequence[str] = (NAIVE_UNION,)
    learning_rates: Sequence[float] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if not all(isinstance(count, int) and count > 0 for count in self.counts):
            raise ConfigError(f"neighbours: counts are {self.counts}; give whole numbers from 1, for 0 is always there")
        if NAIVE_UNION not in self.rungs:
            raise ConfigError(f"neighbours: rungs lack {NAIVE_UNION!r}; all others are compared with it")
        rungs(self.rungs)

    def recipe(self, recipe: Recipe) -> Recipe:
        """The plan's recipe, with the learning rates of this part."""
        return replace(recipe, learning_rates=self.learning_rates) if self.learning_rates else recipe

    def order(self, study: AssembledStudy, finding: str) -> list[str]:
        """The other findings of a study in random order."""
        if finding not in study.findings:
            raise ConfigError(f"neighbours: no finding {finding!r}{suggestion(finding, study.findings)}")
        others = [other for other in study.findings if other != finding]
        if max(self.counts) > len(others):
            raise ConfigError(
                f"neighbours: {max(self.counts)} others are asked for; study {study.name} has {len(others)}"
            )
        return [others[place] for place in np.random.default_rng(self.seed).permutation(len(others))]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A benchmark of assembling.

    Args:
        sources: findings of each source.
        recipe: what is the same for all runs; its `losses` are the names of rungs.
        deal: see `assembled_study`.
        neighbours: the second part, if wanted.

    Raises:
        ConfigError: a value makes no sense.

    Example:
        >>> linear = {"_target_": "torch.nn.Linear", "in_features": "@features", "out_features": "@outputs"}
        >>> recipe = Recipe(network=linear, losses=["naive_union", "full_labels"])
        >>> Plan(sources={"a": ["edema"], "b": ["mass"]}, recipe=recipe).deal
        'patients'
    """

    sources: Mapping[str, Sequence[str]]
    recipe: Recipe
    deal: Deal = "patients"
    neighbours: Neighbours | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.sources, Mapping) or len(self.sources) < 2:
            raise ConfigError("plan: sources must be a mapping of two or more names to findings")
        rungs(self.recipe.losses)

    @classmethod
    def read(cls, path: str | Path) -> "Plan":
        """Read a YAML file whose keys are the arguments, `recipe` and `neighbours` with the keys of those classes.

        Raises:
            ConfigError: the file cannot be read, or has a key that is no argument.
        """
        return read_yaml(cls, path, recipe=partial(from_mapping, Recipe), neighbours=partial(from_mapping, Neighbours))
