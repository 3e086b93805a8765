"""What the metadata schema 20240725 of MONAI and its model zoo require, checked without a network."""

from collections.abc import Mapping
from typing import Any

from ...errors import ConfigError

SCHEMA = "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/meta_schema_20240725.json"
TEXTS = ("schema", "version", "monai_version", "pytorch_version", "numpy_version", "task", "description", "authors")
REQUIRED = (*TEXTS, "copyright", "required_packages_version", "network_data_format")
ZOO = ("name", "changelog")  # asked for by the model zoo, not by the schema
TENSOR = ("type", "format", "num_channels", "spatial_shape", "dtype", "value_range")
OBJECTS = ("required_packages_version", "network_data_format", "changelog", "supported_apps", "eval_metrics")


def check_metadata(metadata: Mapping[str, Any]) -> None:
    """Raise unless the metadata have every field that MONAI's schema and its model zoo ask for, in its form.

    The schema itself is a file on the web. These rules follow its description in the bundle specification.

    Args:
        metadata: content of `metadata.json`.

    Raises:
        ConfigError: the first field that is absent, empty or of another form.

    Example:
        >>> check_metadata({"schema": SCHEMA})
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: metadata.json: version is absent or empty; the schema requires it
    """
    for key in (*REQUIRED, *ZOO):
        if not metadata.get(key):
            raise _fault(f"{key} is absent or empty; the {'model zoo' if key in ZOO else 'schema'} requires it")
    for key in (*TEXTS, "copyright", "name"):
        if not isinstance(metadata[key], str):
            raise _fault(f"{key} is no text; write it as one")
    for key in OBJECTS:
        if not isinstance(metadata.get(key, {}), Mapping):
            raise _fault(f"{key} is no object; write it as names and values")
    if metadata["schema"] != SCHEMA:
        raise _fault(f"schema is {metadata['schema']}; give {SCHEMA}")
    if "optional_packages_version" in metadata:
        raise _fault("optional_packages_version is of an older schema; use required_packages_version")
    if metadata["version"] not in metadata["changelog"]:
        raise _fault(f"version {metadata['version']} is not in the changelog; say there what it brings")
    references = metadata.get("references", [])
    if not (isinstance(references, list) and all(isinstance(text, str) for text in references)):
        raise _fault("references are no list of texts; write one text a reference")
    for side in ("inputs", "outputs"):
        _check_tensors(side, metadata["network_data_format"].get(side))


def _check_tensors(side: str, tensors: Any) -> None:
    if not (isinstance(tensors, Mapping) and tensors):
        raise _fault(f"network_data_format has no {side}; describe them")
    for name, tensor in tensors.items():
        if isinstance(tensor, Mapping) and (missing := [key for key in TENSOR if key not in tensor]):
            raise _fault(f"{side} {name} has no {missing[0]}; the schema requires it")
        if not isinstance(tensor, Mapping | str | int | float):
            raise _fault(f"{side} {name} is neither a tensor nor a number, text or truth value; describe it")


def _fault(text: str) -> ConfigError:
    return ConfigError(f"metadata.json: {text}")
