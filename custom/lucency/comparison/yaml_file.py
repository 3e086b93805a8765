"""Reading the YAML files that benchmarks are told in: their keys are the arguments of a dataclass."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from ..errors import ConfigError, suggestion

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
Part = Callable[[Any], Any]


def read_yaml(kind: type[T], path: str | Path, **parts: Part) -> T:
    """Make a dataclass of a YAML file.

    Args:
        kind: the dataclass.
        path: of the file.
        parts: see `from_mapping`.

    Raises:
        ConfigError: the file cannot be read, or does not fit; the message begins with its path.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: not readable as YAML ({' '.join(str(error).split())})") from error
    try:
        return from_mapping(kind, content, **parts)
    except (ConfigError, TypeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def from_mapping(kind: type[T], content: Any, **parts: Part) -> T:
    """Make a dataclass of a mapping.

    Args:
        kind: the dataclass.
        content: argument to value.
        parts: argument to what makes it of its value, where that is a dataclass too.

    Raises:
        ConfigError: no mapping, a key that is no argument, an argument is missing, or the class refuses a value.

    Example:
        >>> from dataclasses import make_dataclass
        >>> from_mapping(make_dataclass("Cohort", ["images"]), {"image": 3})
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: no key 'image'; did you mean 'images'? (there are: images)
    """
    if not isinstance(content, dict):
        raise ConfigError(f"{kind.__name__.lower()} is {content!r}; give a mapping")
    arguments = {one.name: one.default is MISSING and one.default_factory is MISSING for one in fields(kind)}
    for key in content:
        if key not in arguments:
            raise ConfigError(f"no key {key!r}{suggestion(str(key), arguments)} (there are: {', '.join(arguments)})")
    for key, needed in arguments.items():
        if needed and key not in content:
            raise ConfigError(f"key {key!r} is missing; add it")
    return kind(**{key: parts[key](value) if key in parts else value for key, value in content.items()})
