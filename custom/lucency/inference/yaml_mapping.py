"""Reading the small YAML files that people write by hand."""

from pathlib import Path
from typing import Any

import yaml

from ..errors import ConfigError


def parsed(text: str | bytes) -> Any:
    """Parse YAML that can hold no code, by libyaml where PyYAML has it: seven times faster.

    Raises:
        yaml.YAMLError: it is no YAML.

    Example:
        >>> parsed("edema: 0.05")
        {'edema': 0.05}
    """
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def read_mapping(path: str | Path, remedy: str) -> dict[str, Any]:
    """Read a YAML file that maps names to values.

    Args:
        path: the file.
        remedy: what errors end with, such as a line that the file should have.

    Raises:
        ConfigError: it cannot be read, is no YAML, or maps nothing.

    Example:
        >>> read_mapping("none.yaml", "write 'edema: 0.05'")
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: none.yaml: cannot be read (No such file or directory); write 'edema: 0.05'
    """
    try:
        content = parsed(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error}); {remedy}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: is no YAML ({' '.join(str(error).split())}); {remedy}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: maps no names to values; {remedy}")
    return content
