"""Settings of a node as people give them: a YAML file, flags, and further options for its bundle."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..trained_settings import OF_THE_MODEL, trained_settings, with_settings

if TYPE_CHECKING:
    from ..node.settings import NodeSettings

_PATHS = frozenset({"bundle", "state", "weights", "site", "storage", "fhir", "tls_cert", "tls_key", "tls_ca"})
_ELSEWHERE = "udp://"  # what an audit that goes to no file begins with


def settings_of(config: Path | None, flags: Mapping[str, Any]) -> "NodeSettings":
    """Put a YAML file and flags together; flags win, and their overrides are added to those of the file.

    Args:
        config: the file, whose relative paths start from its folder.
        flags: those that were given, by the name of their setting.

    Raises:
        ConfigError: of `read_config` and `node_settings`.
    """
    from ..node.settings import node_settings

    written = {} if config is None else read_config(config)
    given = dict(flags)
    if isinstance(given.get("allow"), str):
        given["allow"] = _titles(given["allow"])
    if "overrides" in given:
        given["overrides"] = {**(written.get("overrides") or {}), **given["overrides"]}
    sources = [str(config)] if config is not None else []
    sources += ["flags"] if flags else []
    return node_settings(written | given, " and ".join(sources) or "settings")


def with_model_settings(settings: "NodeSettings") -> "NodeSettings":
    """Add to the overrides what the training run of the weights was told; silently, as the node's log is for programs.

    Raises:
        ConfigError: the record of that run is damaged.
    """
    weights = settings.weights or settings.bundle / "models" / "model.pt"
    trained = trained_settings(settings.bundle, weights, OF_THE_MODEL)
    return settings.model_copy(update={"overrides": with_settings(trained, settings.overrides)[0]})


def read_config(path: Path) -> dict[str, Any]:
    """Read settings from YAML, and let relative paths start from the file's folder.

    Raises:
        ConfigError: it cannot be read, is no YAML, maps nothing, or has a key that is no setting.
    """
    import yaml

    from ..errors import ConfigError, suggestion
    from ..node.settings import NodeSettings

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error}); give another --config") from error
    except (ValueError, yaml.YAMLError) as error:
        # the problem and its line, but not the text around it, which may hold a password
        place = getattr(error, "problem_mark", None)
        line = f" line {place.line + 1}" if place is not None else ""
        raise ConfigError(f"{path}{line}: is no YAML; write 'setting: value' a line") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: maps no settings to values; write 'setting: value' a line")
    for key in map(str, content):
        if key not in NodeSettings.model_fields:
            raise ConfigError(f"{path}: {key}: is no setting of a node{suggestion(key, NodeSettings.model_fields)}")
    if isinstance(content.get("allow"), str):
        content["allow"] = _titles(content["allow"])
    return {key: _from_folder(path.parent, key, value) for key, value in content.items()}


def _from_folder(folder: Path, key: str, value: Any) -> Any:
    is_path = key in _PATHS or (key == "audit" and not str(value).startswith(_ELSEWHERE))
    return str(folder.absolute() / value) if is_path and isinstance(value, str) else value


def _titles(text: str) -> tuple[str, ...]:
    return tuple(title.strip() for title in text.split(",") if title.strip())


def bundle_options(arguments: Sequence[str]) -> dict[str, Any]:
    """Read further options as keys of the bundle's inference.yaml.

    Raises:
        ConfigError: an option is a misspelt flag.
        LucencyError: an option without value.
    """
    if not arguments:
        return {}
    from ..errors import ConfigError, suggestion
    from ..node.settings import NodeSettings
    from ..options import parse_options

    flags = [f"--{name.replace('_', '-')}" for name in NodeSettings.model_fields]
    for option in (word.partition("=")[0] for word in arguments if word.startswith("--")):
        # keys of a bundle have no hyphens; a key that is a setting too must not go past the settings
        if "-" in option.removeprefix("--") or f"--{option.removeprefix('--').replace('_', '-')}" in flags:
            raise ConfigError(f"{option}: is no flag of a node{suggestion(option, flags)}")
    return parse_options(list(arguments))
