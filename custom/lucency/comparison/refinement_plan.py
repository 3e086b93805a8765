"""What a benchmark of label refinement is told in one YAML file: noise, heads, arms, budget."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from ..bundle.keys import suggestion
from ..errors import ConfigError
from ..labels.simulate.chain import Step
from ..refine.select.entry_scores import METHODS
from .refinement_heads import HeadRecipe
from .yaml_file import from_mapping, read_yaml

CORESET = "coreset"
RANDOM = "random_image"
MEASURED = "measured"


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way of spending the budget.

    Args:
        name: of the arm.
        method: of `lucency.refine.entry_scores`, or `coreset`.
        training: on `trusted` labels, those that both heads of co-teaching keep or a reader gave, or on `all` of them.
        error_rate: of the simulated readers.
        readers: how many may be asked until more than half of them agree.
        quota: see `lucency.refine.choose`.

    Raises:
        ConfigError: no such method or training.
    """

    name: str
    method: str
    training: Literal["trusted", "all"] = "trusted"
    error_rate: float = 0.0
    readers: int = 1
    quota: Literal["equal"] | None = None

    def __post_init__(self) -> None:
        for value, known in ((self.method, [*METHODS, CORESET]), (self.training, ["trusted", "all"])):
            if value not in known:
                raise ConfigError(
                    f"arm {self.name}: {value!r} is not known{suggestion(str(value), known)} ({', '.join(known)})"
                )


@dataclass(frozen=True, kw_only=True)
class RefinementPlan:
    """A benchmark of label refinement.

    Args:
        noise: steps of `lucency.labels.simulate.chain`, or `measured`, see `measured_noise`.
        arms: what is compared; one of them is `random_image`, the reference.
        head: how heads are trained.
        seeds: each of noise, weights, folds and readers.
        rounds: of reading.
        budget: images a round, as a share of the training images.
        folds: of heads that judge images they did not see.
        mix: share of labels that co-teaching keeps by low variance of gradients.
        positive, negative: prior rates of wrong labels, see `lucency.refine.noise_rates`.
        replicates: resamples of patients and seeds for intervals.

    Raises:
        ConfigError: a value makes no sense, or `random_image` is missing.

    Example:
        >>> arms = [Arm(name="random_image", method="random_image")]
        >>> RefinementPlan(noise=[{"symmetric": {"rate": 0.1}}], arms=arms).rounds
        5
    """

    noise: Sequence[Step] | Literal["measured"]
    arms: Sequence[Arm]
    head: HeadRecipe = field(default_factory=HeadRecipe)
    seeds: Sequence[int] = (0, 1, 2)
    rounds: int = 5
    budget: float = 0.04
    folds: int = 4
    mix: float = 0.2
    positive: float = 0.10
    negative: float = 0.02
    replicates: int = 1000

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if RANDOM not in names or len(set(names)) < len(names):
            raise ConfigError(f"plan: arms need one named {RANDOM} to be compared with, and every name once")
        if self.rounds < 1 or not 0 < self.budget * self.rounds <= 1:
            raise ConfigError(f"plan: {self.rounds} rounds of {self.budget:g} of the images are not possible")
        if self.folds < 2 or not self.seeds or self.replicates < 1:
            raise ConfigError("plan: two folds, a seed and a resample are the least")

    @classmethod
    def read(cls, path: str | Path) -> "RefinementPlan":
        """Read a YAML file whose keys are the arguments, `head` and each of `arms` with the keys of those classes.

        Raises:
            ConfigError: the file cannot be read, or has a key that is no argument.
        """
        return read_yaml(
            cls,
            path,
            arms=lambda arms: [from_mapping(Arm, arm) for arm in arms],
            head=partial(from_mapping, HeadRecipe),
        )
