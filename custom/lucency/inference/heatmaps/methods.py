"""Heat maps by the name of their method."""

from typing import Literal

from torch import nn

from ...errors import ConfigError
from .attention import ATTENTION, AttentionMaps
from .cam import Baseline, EvidenceMaps
from .cam import Method as EvidenceMethod
from .formulas import FORMULAS
from .maps import Maps

Method = EvidenceMethod | Literal["attention"]
METHODS = (*FORMULAS, ATTENTION)


def maps_of(network: nn.Module, *, layer: str, method: Method, baseline: Baseline = "image") -> Maps:
    """`EvidenceMaps`, or `AttentionMaps` where the method is ``attention``.

    Args:
        network: see these.
        layer: see `EvidenceMaps`; attention needs none and takes no notice of it.
        method: ``gradcam``, ``gradcam++``, ``hirescam`` or ``attention``.
        baseline: see `EvidenceMaps`; attention has ``image`` alone.

    Raises:
        ConfigError: unknown method, or see these.

    Example:
        >>> maps_of(nn.Identity(), layer="", method="attention")
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: heat maps: Identity has no attention(image), which heatmap_method attention shows; \
set heatmap_method to gradcam
    """
    if method not in METHODS:
        raise ConfigError(f"heat maps: method is {method!r}; give one of {', '.join(METHODS)}")
    if method != ATTENTION:
        return EvidenceMaps(network, layer=layer, method=method, baseline=baseline)
    if baseline != "image":
        raise ConfigError(f"heat maps: attention is compared with its average; give baseline image, not {baseline!r}")
    return AttentionMaps(network)
