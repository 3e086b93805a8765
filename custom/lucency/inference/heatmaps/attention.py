"""Where a network looks for each finding."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from .maps import Maps, batch_of, in_evaluation

ATTENTION: Literal["attention"] = "attention"


class AttentionMaps(Maps):
    r"""How much of a finding's attention a place gets, in multiples of what the average place gets.

    A network with label-level features takes the features of finding c as $\sum_s A_{cs} v_s$ over S places, with
    $A_{cs} \ge 0$ and $\sum_s A_{cs} = 1$. The map is $m_{cs} = S A_{cs}$, which is 1 everywhere where the network
    averages as a plain DenseNet does, and the heat map $\operatorname{ReLU}(m - 1)$: even attention shows nothing.
    It is linear in A, as the features are. The unit, S times the share, is ours.

    Attention is no evidence: a finding has all of its attention in every image, also where it is absent, and the
    classifier behind decides whether what was looked at speaks for it. Jain and Wallace: Attention is not Explanation,
    NAACL 2019 (arXiv:1902.10186), on text.

    The network runs twice, for the logits and for the attention.

    Args:
        network: image (1, C, S, S) to logits (1, L), with a method ``attention(image)`` that gives (1, L, h, w), as
            `lucency.networks.LabelCorrelationDenseNet` has.

    Raises:
        ConfigError: the network has no such method; on the first image, its result is no attention.

    Example:
        >>> from lucency.networks import LabelCorrelationDenseNet
        >>> network = LabelCorrelationDenseNet(2, 1, 14, block_config=(2, 2))
        >>> logits, heat = AttentionMaps(network)(torch.rand(1, 64, 64), findings=[0, 3])
        >>> logits.shape, heat.shape
        (torch.Size([14]), torch.Size([2, 8, 8]))
    """

    name = "Attention (where the network looks)"
    nothing = "average attention"

    def __init__(self, network: nn.Module) -> None:
        if not callable(getattr(network, ATTENTION, None)):
            raise ConfigError(
                f"heat maps: {type(network).__name__} has no attention(image), which heatmap_method attention shows; "
                "set heatmap_method to gradcam"
            )
        self.network = network

    def values(self, image: Tensor, findings: Sequence[int]) -> tuple[Tensor, Tensor]:
        """See `Maps.values`."""
        with in_evaluation(self.network), torch.no_grad():
            batch = batch_of(image, self.network)
            logits, shares = self.network(batch), self.network.attention(batch)  # type: ignore[operator]
        self._check(logits, shares)
        kept = shares[0, list(findings)].float().cpu()
        return logits[0].float().cpu(), kept * kept[0].numel()

    def amount(self, heat: float, digits: int = 1) -> str:
        """See `Maps.amount`."""
        return f"{1 + heat:.{digits}f} times the average"

    def _check(self, logits: object, shares: object) -> None:
        name = type(self.network).__name__
        if not isinstance(logits, Tensor) or logits.ndim != 2:
            raise ConfigError(f"heat maps: {name} gives no logits (B, L) in evaluation")
        if not isinstance(shares, Tensor) or shares.ndim != 4 or shares.shape[:2] != logits.shape:
            shape = tuple(shares.shape) if isinstance(shares, Tensor) else type(shares).__name__
            raise ConfigError(f"heat maps: attention(image) of {name} gives {shape}, not (1, {logits.shape[1]}, h, w)")
        # NaN passes, as it does from the other methods: then the weights are broken
        if (shares < 0).any() or ((shares.float().sum((2, 3)) - 1).abs() > 0.01).any():
            raise ConfigError(f"heat maps: attention(image) of {name} gives no shares that sum to 1 over the places")
