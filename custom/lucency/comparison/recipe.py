"""What is the same for every loss: network, budget, stopping rule, learning rates to try, seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser
from torch import nn

from ..errors import ConfigError, causes
from .yaml_file import read_yaml

NOT_OF_ONE_RUN = ("learning_rates", "seeds", "losses")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How every run of a comparison trains.

    AdamW with a warm-up over the first twentieth of the steps and a cosine to zero at `max_epochs`. Adam makes its step
    nearly independent of a loss's scale, so one grid of learning rates is fair to reductions by mean and by sum.

    Args:
        network: MONAI component, `_target_` and arguments, that gives logits (B, L); `@features` (of vectors, or
            channels of maps) and `@outputs` stand for numbers.
        losses: names as `loss_options` takes them; `*` is every file of the bundles.
        learning_rates: tried for each loss with the first seed; the best on validation is kept.
        seeds: of initialisation and order, two or more for a comparison.
        max_epochs: budget.
        patience: epochs without a better validation, by clean and by observed labels, after which a run stops; 0 never.
        batch_size: images; an incomplete last batch is left out.
        weight_decay: of AdamW, for weights; biases and normalisation have none: a bias says how common a finding is.
        bias_rate: least learning rate of the outputs' bias. It starts where every probability is one half, and would
            else be on its way to the prevalence still when the budget ends: all losses would look ill calibrated.
        shift: images are moved by up to so many pixels at random, a batch as one.
        metric: `ap` or `auroc`: whose mean over findings chooses epoch and learning rate.
        bfloat16: forward pass of the network in bfloat16.
        device: of torch.

    Raises:
        ConfigError: a value makes no sense.

    Example:
        >>> linear = {"_target_": "torch.nn.Linear", "in_features": "@features", "out_features": "@outputs"}
        >>> Recipe(network=linear, max_epochs=5).build_network(3, 2, seed=0)
        Linear(in_features=3, out_features=2, bias=True)
    """

    network: Mapping[str, Any]
    losses: Sequence[str] = ("*",)
    learning_rates: Sequence[float] = (3e-4, 1e-3, 3e-3)
    seeds: Sequence[int] = (0, 1, 2)
    max_epochs: int = 20
    patience: int = 8
    batch_size: int = 32
    weight_decay: float = 1e-4
    bias_rate: float = 0.03
    shift: int = 0
    metric: str = "ap"
    bfloat16: bool = False
    device: str = "cpu"

    def __post_init__(self) -> None:
        _check(isinstance(self.network, Mapping) and "_target_" in self.network, "network", "a mapping with _target_")
        for name in ("losses", "learning_rates", "seeds"):
            values = getattr(self, name)
            _check(isinstance(values, list | tuple) and len(values) > 0, name, "a list of at least one")
            _check(len({str(value) for value in values}) == len(values), name, "a list without repetition")
        positive = all(isinstance(rate, int | float) and rate > 0 for rate in self.learning_rates)
        _check(positive, "learning_rates", "numbers above 0")
        _check(all(isinstance(s, int) and s >= 0 for s in self.seeds), "seeds", "whole numbers of 0 or more")
        for name, least in (("max_epochs", 1), ("batch_size", 2), ("patience", 0), ("shift", 0)):
            value = getattr(self, name)
            _check(isinstance(value, int) and value >= least, name, f"a whole number of {least} or more")
        for name in ("weight_decay", "bias_rate"):
            value = getattr(self, name)
            _check(isinstance(value, int | float) and value >= 0, name, "a number of 0 or more")
        _check(self.metric in ("ap", "auroc"), "metric", "ap or auroc")

    @classmethod
    def read(cls, path: str | Path) -> "Recipe":
        """Read a YAML file whose keys are the arguments.

        Raises:
            ConfigError: the file cannot be read, or has a key that is no argument.
        """
        return read_yaml(cls, path)

    def of_one_run(self) -> dict[str, Any]:
        """What decides about a run besides its loss, rate and seed: all but the lists of those."""
        return {name: value for name, value in asdict(self).items() if name not in NOT_OF_ONE_RUN}

    def build_network(self, features: int, outputs: int, seed: int) -> nn.Module:
        """The network, initialised from the seed and from nothing else.

        Raises:
            ConfigError: it cannot be built.
        """
        torch.manual_seed(seed)
        parser = ConfigParser({"network": dict(self.network), "features": features, "outputs": outputs})
        try:
            network = parser.get_parsed_content("network")
        except Exception as error:
            raise ConfigError(f"network {self.network['_target_']}: {deepest(error)}") from error
        _check(isinstance(network, nn.Module), "network", "a torch module")
        return network.to(self.device, memory_format=torch.channels_last)  # type: ignore[no-any-return]


def deepest(error: BaseException) -> str:
    """The first cause of an error, in one line; MONAI wraps what goes wrong in a component several layers deep."""
    *_, first = causes(error)
    return " ".join(str(first).split())


def _check(fits: bool, name: str, wanted: str) -> None:
    if not fits:
        raise ConfigError(f"recipe: {name} must be {wanted}")
