"""The rungs of the ladder from each source's own model to Label-Assemble, and what is left when a part is taken out."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from monai.bundle import ConfigParser
from torch import nn

from ..bundle.keys import suggestion
from ..errors import ConfigError
from .assembled_study import AssembledStudy
from .loss_option import LossOption
from .recipe import Recipe, deepest
from .study import Study

NAIVE_UNION = "naive_union"
SINGLE_SOURCE = "single_source"
FULL_LABELS = "full_labels"
LABEL_ASSEMBLE = "label_assemble"


@dataclass(frozen=True)
class Rung(LossOption):
    """One way to train on an assembled study.

    Args:
        head: component that takes the place of the network's last linear layer; it gets `in_features` and
            `out_features`. The encoder starts from the same weights with any head.
        each_source: one network a source instead of one for all, for as many `epochs` of the source's images as one for
            all has, or for as many `steps`.
    """

    head: dict[str, Any] | None = None
    each_source: Literal["epochs", "steps"] | None = None

    def build_network(self, study: Study, recipe: Recipe, seed: int) -> nn.Module:
        """The recipe's network with the rung's head; see `LossOption`."""
        if self.each_source and not isinstance(study, AssembledStudy):
            raise ConfigError(f"rung {self.name!r}: study {study.name} has no sources; make it with assembled_study")
        network = super().build_network(study, recipe, seed)
        if self.head is None:
            return network
        layers = [(name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Linear) and name]
        if not layers:
            raise ConfigError(f"rung {self.name!r}: the network has no linear layer whose place a head could take")
        name, layer = layers[-1]
        given = {**self.head, "in_features": layer.in_features, "out_features": layer.out_features}
        try:
            head = ConfigParser({"head": given}).get_parsed_content("head")
        except Exception as error:
            raise ConfigError(f"rung {self.name!r}: {deepest(error)}") from error
        network.set_submodule(name, head)
        return network.to(recipe.device)


def rungs(names: Sequence[str]) -> list[Rung]:
    """Rungs by their names, in this order.

    | name | networks | head | terms of the loss |
    | --- | --- | --- | --- |
    | `single_source` | one a source | linear | BCE on what the source labels |
    | `single_source_longer` | one a source, as many steps as for all | linear | the same |
    | `naive_union` | one | linear | BCE on known cells |
    | `queries` | one | class queries, MLP controller | the same |
    | `pseudo_labels` | one | class queries | BCE, pseudo labels |
    | `label_assemble` | one | class queries | BCE, pseudo labels, consistency (Kang et al.) |
    | `without_queries` | one | linear | BCE, pseudo labels, consistency |
    | `without_pseudo_labels` | one | class queries | BCE, consistency |
    | `ramped` | one | class queries | as `label_assemble`, with our ramp-up and confidence band |
    | `full_labels` | one | linear | BCE on the truth |

    Raises:
        ConfigError: no such rung; names the nearest.

    Example:
        >>> [rung.name for rung in rungs(["naive_union", "full_labels"])]
        ['naive_union', 'full_labels']
    """
    known = {rung.name: rung for rung in RUNGS}
    for name in names:
        if name not in known:
            raise ConfigError(f"no rung {name!r}{suggestion(name, known)} (there are: {', '.join(known)})")
    return [deepcopy(known[name]) for name in names]


_BCE = {"loss": {"_target_": "lucency.losses.MaskedBCELoss", "reduction": "mean_observed"}}
_QUERIES = {"_target_": "lucency.networks.ClassQueryHead", "controller": "mlp"}


def _assemble(**changes: float) -> dict[str, Any]:
    return {"loss": {"_target_": "lucency.losses.LabelAssembleLoss", **changes}}


RUNGS = (
    Rung(SINGLE_SOURCE, _BCE, each_source="epochs"),
    Rung("single_source_longer", _BCE, each_source="steps"),
    Rung(NAIVE_UNION, _BCE),
    Rung("queries", _BCE, head=_QUERIES),
    Rung("pseudo_labels", _assemble(consistency_weight=0), head=_QUERIES),
    Rung(LABEL_ASSEMBLE, _assemble(), head=_QUERIES),
    Rung("without_queries", _assemble()),
    Rung("without_pseudo_labels", _assemble(pseudo_weight=0), head=_QUERIES),
    Rung("ramped", _assemble(ramp_up=0.5, confidence_band=0.3), head=_QUERIES),
    Rung(FULL_LABELS, _BCE, targets="truth"),
)
