"""The rungs of the ladder from plain cross entropy to label correlations, each with all of the one before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..bundle.keys import suggestion
from ..errors import ConfigError
from ..losses.label_correlation_loss import local_variance
from ..networks import LabelCorrelationHead
from .loss_option import LossOption, vary
from .recipe import Recipe
from .study import Study

BCE = "bce"
LADDER = (BCE, "decomposition", "global", "consistency", "contrast")


@dataclass(frozen=True)
class CorrelationRung(LossOption):
    """One rung.

    Args:
        network: component in place of the recipe's network, if given.
    """

    network: dict[str, Any] | None = None

    def build_network(self, study: Study, recipe: Recipe, seed: int) -> nn.Module:
        """The rung's network; see `LossOption`."""
        return super().build_network(study, replace(recipe, network=self.network) if self.network else recipe, seed)

    def extras(self, network: nn.Module, validation: Iterable[Tensor]) -> dict[str, NDArray[np.float32]]:
        r"""What a network has learnt of correlations.

        Returns:
            `G` (C, C), and `local_variance`, the variance of each entry of $L$ across the validation images, as its
            mean over entries: 0 where every image is given the same local correlations. Nothing for a network without.
        """
        heads = [module for module in network.modules() if isinstance(module, LabelCorrelationHead)]
        if not heads or heads[-1].local_correlation is None:
            return {}
        network.eval()
        heads[-1].train()  # in training it says more than logits, and it has no statistics that this would move
        with torch.no_grad():
            said = [network(batch) for batch in validation]
        network.eval()
        variance = local_variance(torch.cat([one.L for one in said]))
        return {"G": said[0].G.cpu().numpy(), "local_variance": variance.cpu().numpy()}


def correlation_rungs(names: Sequence[str], network: Mapping[str, Any]) -> list[CorrelationRung]:
    """Rungs by their names, in this order.

    | name | network | loss |
    | --- | --- | --- |
    | `bce` | the recipe's | BCE |
    | `decomposition` | label-level features, no correlations | BCE |
    | `global` | and global correlations | BCE |
    | `consistency` | and local ones | BCE, consistency, anchor in the co-occurrence of the training images |
    | `contrast` | and a projector | BCE, consistency, anchor, guided contrast |

    Args:
        names: rungs; `contrast?contrast_weight=0.05` is a variant with other arguments of the loss,
            `consistency?consistency#rows=all` one of a part of it.
        network: label-correlation component, `LabelCorrelationHead` on feature maps or `LabelCorrelationDenseNet` on
            images; `global_correlation` and `projection` are set by the rung.

    Raises:
        ConfigError: no such rung or argument; names the nearest.

    Example:
        >>> head = {"_target_": "lucency.networks.LabelCorrelationHead", "dim": 64}
        >>> head |= {"in_channels": "@features", "out_channels": "@outputs"}
        >>> [rung.name for rung in correlation_rungs(["bce", "global"], head)]
        ['bce', 'global']
    """
    for name in names:
        if (stem := stem_of(name)) not in LADDER:
            raise ConfigError(f"no rung {stem!r}{suggestion(stem, LADDER)} (there are: {', '.join(LADDER)})")
    return [_rung(name, network) for name in names]


def stem_of(name: str) -> str:
    """The rung that a variant varies; a rung is its own."""
    return name.partition("?")[0]


def _rung(name: str, network: Mapping[str, Any]) -> CorrelationRung:
    stem, _, query = name.partition("?")
    bce = {"_target_": "lucency.losses.MaskedBCELoss", "reduction": "mean_observed"}
    if stem == BCE:
        return CorrelationRung(name, vary(name, {"loss": bce}, query))
    height = LADDER.index(stem)
    own = {**network, "global_correlation": height >= LADDER.index("global")}
    parts: dict[str, Any] = {"consistency": None, "anchor": None, "contrast": None}
    if height >= LADDER.index("consistency"):
        parts["consistency"] = {"_target_": "lucency.losses.CorrelationConsistency"}
        parts["anchor"] = {
            "_target_": "lucency.losses.CooccurrenceAnchor",
            "cooccurrence": {"_target_": "lucency.losses.cooccurrence", "targets": "@train#dataset#data"},
        }
    if stem == "contrast":
        parts["contrast"] = {"_target_": "lucency.losses.LabelContrast"}
    else:
        own["projection"] = 0
    weights = {f"{part}_weight": 0 for part, component in parts.items() if component is None}
    loss = {"_target_": "lucency.losses.LabelCorrelationLoss", "classification": bce, **parts, **weights}
    return CorrelationRung(name, vary(name, {"loss": loss}, query), network=own)
