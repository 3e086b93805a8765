"""The keys of a bundle configuration: which exist, which are used, which is meant by a misspelt one."""

import re
from collections.abc import Iterable
from typing import Any

from monai.bundle import ReferenceResolver
from monai.bundle.properties import InferProperties, TrainProperties
from monai.bundle.utils import ID_SEP_KEY

from ..errors import suggestion as suggestion

WORKFLOW_KEYS = frozenset({"imports", "initialize", "run", "finalize", "output_dir"})
"""Keys that MONAI or a host looks up itself, whether or not another key refers to them."""


def normalise(key: str) -> str:
    """Write a key the way MONAI stores it: ``::`` between levels, without the leading ``+`` of an extension.

    Example:
        >>> normalise("+train#trainer#max_epochs")
        'train::trainer::max_epochs'
    """
    return re.sub(r"#+", ID_SEP_KEY, key.lstrip("+"))


def flatten(config: Any, prefix: str = "") -> dict[str, Any]:
    """List every leaf of a nested configuration by its full key.

    Example:
        >>> flatten({"train": {"handlers": [{"_target_": "A"}]}, "seed": 0})
        {'train::handlers::0::_target_': 'A', 'seed': 0}
    """
    if isinstance(config, dict) and config:
        children: Iterable[tuple[Any, Any]] = config.items()
    elif isinstance(config, list) and config:
        children = enumerate(config)
    else:
        return {prefix: config}
    return {
        key: leaf
        for name, child in children
        for key, leaf in flatten(child, f"{prefix}{ID_SEP_KEY}{name}" if prefix else str(name)).items()
    }


def all_keys(config: Any) -> list[str]:
    """List every key, inner ones and leaves.

    Example:
        >>> all_keys({"train": {"trainer": {"max_epochs": 3}}})
        ['train', 'train::trainer', 'train::trainer::max_epochs']
    """
    keys: dict[str, None] = {}
    for leaf in flatten(config):
        parts = leaf.split(ID_SEP_KEY)
        keys.update((ID_SEP_KEY.join(parts[: depth + 1]), None) for depth in range(len(parts)))
    return list(keys)


def unused_keys(config: dict[str, Any]) -> list[str]:
    """Name the top-level keys that nothing refers to and no MONAI workflow looks up: most often misspelt overrides.

    Example:
        >>> unused_keys({"lr": 0.1, "train": {"optimizer": {"lr": "@lr"}}, "lrr": 1.0})
        ["key 'lrr' is used by nothing in the configuration; did you mean 'lr'?"]
    """
    used = {
        reference.split(ID_SEP_KEY)[0]
        for leaf in flatten(config).values()
        if isinstance(leaf, str)
        for reference in ReferenceResolver.match_refs_pattern(leaf.replace("#", ID_SEP_KEY))
    }
    properties = [*TrainProperties.values(), *InferProperties.values()]
    known = used | WORKFLOW_KEYS | {p["id"].split(ID_SEP_KEY)[0] for p in properties}
    return [
        f"key {key!r} is used by nothing in the configuration{suggestion(key, known & config.keys())}"
        for key in config
        if key not in known and not key.startswith("_")
    ]
