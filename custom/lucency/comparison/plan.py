"""What a benchmark of assembling is told in one YAML file: sources, rungs, budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ..bundle.keys import suggestion
from ..errors import ConfigError
from .assembled_study import AssembledStudy, Deal
from .recipe import Recipe
from .rung import NAIVE_UNION, rungs


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
        try:
            content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise ConfigError(f"{path}: not readable as YAML ({' '.join(str(error).split())})") from error
        try:
            content = known_keys(cls, content)
            for key, part in (("recipe", Recipe), ("neighbours", Neighbours)):
                if key in content:
                    content[key] = part(**known_keys(part, content[key]))
            return cls(**content)
        except (ConfigError, TypeError) as error:
            raise ConfigError(f"{path}: {error}") from error


def known_keys(kind: type, content: Any) -> dict[str, Any]:
    """A copy of a mapping whose keys are fields of a dataclass.

    Raises:
        ConfigError: no mapping, or another key.
    """
    if not isinstance(content, dict):
        raise ConfigError(f"{kind.__name__.lower()} is {content!r}; give a mapping")
    known = [field.name for field in fields(kind)]
    for key in content:
        if key not in known:
            raise ConfigError(f"no key {key!r}{suggestion(str(key), known)} (there are: {', '.join(known)})")
    return dict(content)
