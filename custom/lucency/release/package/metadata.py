"""`metadata.json` of a package: what the bundle says of itself, and what is known only now that it has weights."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from .requirements import framework_versions, required_packages

Metadata = dict[str, Any]
RECIPE = re.compile(r"\s*No\s+weights\s+are\s+shipped: [^.]*\.")
"""What a bundle without weights says in its description and on its page."""
NOT_STATED = "not stated by who packaged this bundle"


def read_metadata(bundle: Path) -> Metadata:
    """Read what a bundle says of itself.

    Raises:
        ConfigError: its `metadata.json` is absent or holds something else.
    """
    file = bundle / "configs" / "metadata.json"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: cannot be read ({error}); a bundle needs it") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: is no JSON object; a bundle needs one")
    return content


def package_metadata(
    stated: Mapping[str, Any],
    inference: Mapping[str, Any],
    modules: Sequence[str],
    changes: Mapping[str, Any],
) -> Metadata:
    """Complete the metadata of a bundle that now has weights.

    Versions are those that are installed here; shapes and names of the outputs follow the configuration. A recipe knows
    neither the data of the weights nor what they were measured to do: the source of the data is then said not to be
    stated, and there are no metrics.

    Args:
        stated: metadata of the recipe.
        inference: the resolved inference workflow.
        modules: of this package, that go into the bundle.
        changes: fields that whoever packages knows better, such as ``data_source``; they win.
    """
    findings, size = inference["findings"], inference["image_size"]
    content = {**stated, **framework_versions()}
    content["required_packages_version"] = required_packages(modules, stated.get("required_packages_version", {}))
    content["description"] = RECIPE.sub("", str(stated.get("description", "")))
    if str(stated.get("data_source", "none")).startswith("none"):
        content["data_source"] = NOT_STATED
    content["eval_metrics"] = {}
    form = json.loads(json.dumps(stated["network_data_format"]))  # a copy
    form["inputs"]["image"]["spatial_shape"] = [size, size]
    form["outputs"]["pred"] |= {
        "num_channels": len(findings),
        "spatial_shape": [1, len(findings)],
        "channel_def": {str(index): finding for index, finding in enumerate(findings)},
    }
    return {**content, "network_data_format": form, **changes}
