"""Whether heat maps explain the model: they must change when it forgets what it learnt."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor, nn

from ...errors import ConfigError
from .methods import Method, maps_of


def randomisation_check(
    network: nn.Module,
    images: Tensor,
    *,
    findings: Sequence[int] | None = None,
    layer: str = "class_layers.relu",
    method: Method = "gradcam",
    seed: int = 0,
) -> dict[str, float]:
    """Cascading model randomisation: reset the network part by part, from the head down, and compare the heat maps.

    A method whose maps stay alike when the weights are gone shows edges of the image, not what the model knows. The
    network itself is not touched. A part is what the first two words of a parameter's name say, such as
    ``features.denseblock4``; parts are reset in the reverse of the order in which the network declares them, and stay
    reset.

    Adebayo et al.: Sanity Checks for Saliency Maps, NeurIPS 2018 (arXiv:1810.03292).

    Args:
        network: see `EvidenceMaps` and `AttentionMaps`.
        images: (B, C, S, S), preprocessed; some twenty make the means steady.
        findings: indices of the logits to explain; all by default.
        layer: see `EvidenceMaps`.
        method: ``gradcam``, ``gradcam++``, ``hirescam`` or ``attention``.
        seed: of the random weights.

    Returns:
        Part last reset to Spearman's rank correlation with the maps of the intact network, mean over images and
        findings; first, as ``intact``, 1. A pair in which one map is the same everywhere counts as 0.

    Raises:
        ConfigError: a part has parameters that nothing resets; or see `EvidenceMaps` and `AttentionMaps`.

    Example:
        >>> network = nn.Sequential(
        ...     nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)
        ... )
        >>> correlations = randomisation_check(network, torch.rand(4, 1, 16, 16), layer="1")
        >>> list(correlations)
        ['intact', '4', '0']
    """
    network = copy.deepcopy(network)
    maps = maps_of(network, layer=layer, method=method)
    wanted = list(range(len(maps.values(images[0], [0])[0]))) if findings is None else list(findings)

    def ranks() -> NDArray[np.float64]:
        heat = np.concatenate([maps.values(image, wanted)[1].flatten(1).numpy() for image in images])
        return np.asarray(rankdata(heat, axis=1) - (heat.shape[1] + 1) / 2)

    intact = ranks()
    correlations = {"intact": 1.0}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for part, modules in _parts(maps.network).items():
            for module in modules:
                module.reset_parameters()  # type: ignore[operator]
            correlations[part] = _correlation(intact, ranks())
    return correlations


def _parts(network: nn.Module) -> dict[str, list[nn.Module]]:
    parts: dict[str, list[nn.Module]] = {}
    for name, module in reversed(list(network.named_modules())):
        if not any(True for _ in module.parameters(recurse=False)):
            continue
        if not hasattr(module, "reset_parameters"):
            raise ConfigError(f"randomisation check: {type(module).__name__} {name!r} has no reset_parameters()")
        parts.setdefault(".".join(name.split(".")[:2]), []).append(module)
    return parts


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    spread = np.sqrt((first**2).sum(1) * (second**2).sum(1))
    together = (first * second).sum(1)
    return float(np.divide(together, spread, out=np.zeros_like(together), where=spread > 0).mean())
