"""Preprocessing that also takes what hosts with a loader of their own hand to it."""

from collections.abc import Mapping
from typing import Any

FLATTEN: tuple[dict[str, Any], ...] = (
    {"_target_": "SqueezeDimd", "keys": "image", "dim": None, "update_meta": False},
    {"_target_": "EnsureChannelFirstd", "keys": "image", "channel_dim": "no_channel"},
)
"""From (1, columns, rows) or (1, columns, rows, 1) to (1, columns, rows)."""


def for_hosts(inference: Mapping[str, Any]) -> dict[str, Any]:
    """Let the preprocessing of an inference workflow take arrays of MONAI Deploy, and keep what it asks for after.

    MONAI Deploy drops the loader and hands a radiograph over as a volume of one slice, (columns, rows, 1); of the
    preprocessed image it wants the metadata. What Lucency's own reader gives is not changed by this.

    Args:
        inference: an inference workflow; one without transforms stays as it is.

    Example:
        >>> first, last = {"_target_": "EnsureChannelFirstd", "keys": "image"}, {"_target_": "EnsureTyped"}
        >>> found = for_hosts({"preprocessing": {"_target_": "Compose", "transforms": [first, last]}})
        >>> [step["_target_"] for step in found["preprocessing"]["transforms"]]
        ['EnsureChannelFirstd', 'SqueezeDimd', 'EnsureChannelFirstd', 'EnsureTyped']
    """
    preprocessing = inference.get("preprocessing")
    if not isinstance(preprocessing, Mapping) or "transforms" not in preprocessing:
        return dict(inference)
    steps: list[dict[str, Any]] = []
    for step in preprocessing["transforms"]:
        steps.append({key: value for key, value in step.items() if key != "track_meta"})
        if step == {"_target_": "EnsureChannelFirstd", "keys": "image"}:
            steps += [dict(added) for added in FLATTEN]
    return {**inference, "preprocessing": {**preprocessing, "transforms": steps}}
