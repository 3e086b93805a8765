"""The configurations of a package: JSON, complete, with the choices and settings of its weights."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser
from monai.bundle.utils import ID_SEP_KEY, merge_kv

from ...bundle.keys import flatten, normalise
from ...bundle.overrides import check_overrides
from ...bundle.runner import BASES, chosen_groups, config_files, config_groups, read_configuration
from ...errors import ConfigError
from .host_preprocessing import for_hosts
from .import_graph import PACKAGE

Configuration = dict[str, Any]
COMPLETE = ("train", "inference")


def resolved_configurations(bundle: Path, settings: Mapping[str, Any]) -> dict[str, Configuration]:
    """Resolve what a bundle's YAML files say, with the choices and overrides that its weights were trained with.

    `train` and `inference` are complete: base, chosen options and overrides in one. `evaluate` and `multi_gpu_train`
    stay what they are, overlays on `train`, as hosts and the model zoo merge them; so do the options of every folder,
    such as `loss/wan`. What a complete overlay would undo: an option or override that stands before it.

    Args:
        bundle: folder of the bundle.
        settings: configuration keys to values, and choices of the bundle's folders, as `lucency run` takes them.

    Returns:
        Names below `configs`, without suffix, to contents.

    Raises:
        ConfigError: no inference workflow; a setting that fits none of the workflows.
    """
    configs = bundle / "configs"
    groups, overrides = chosen_groups(bundle, settings)
    overlays = [name for name in BASES if _there(configs, name)]
    found = {name: _complete(bundle, name, groups) for name in COMPLETE if name == "inference" or _there(configs, name)}
    found |= {name: _read(config_files(bundle, name)[-1]) for name in overlays}
    for key, value in overrides.items():
        _override(found, bundle, key, value)
    for group in config_groups(bundle):
        found |= {f"{group}/{file.stem}": _read(file) for file in _files(configs / group)}
    return found


def written(configuration: Mapping[str, Any]) -> str:
    """JSON as the model zoo wants it: indented by 4, ASCII whatever the machine's encoding, a final newline."""
    return json.dumps(configuration, indent=4) + "\n"


def named_components(configurations: Mapping[str, Configuration]) -> set[str]:
    """Names of the classes and functions of this package that the configurations make.

    Raises:
        ConfigError: an expression names this package; hosts evaluate it before they know where the package is.
    """
    names = set()
    for file, configuration in configurations.items():
        for key, leaf in flatten(configuration).items():
            if not isinstance(leaf, str):
                continue
            if key.endswith("_target_") and leaf.startswith(f"{PACKAGE}."):
                names.add(leaf)
            elif leaf.startswith("$") and f"{PACKAGE}." in leaf:
                raise ConfigError(f"{file}: {key} names {PACKAGE} in an expression; name it by _target_")
    return names


def _complete(bundle: Path, workflow: str, groups: Mapping[str, str]) -> Configuration:
    if workflow == "train":
        return _without_meta(read_configuration(config_files(bundle, workflow, groups)))
    file, *options = config_files(bundle, workflow, groups)
    parser = ConfigParser(read_configuration([file]))
    roots = set(parser.get())
    for option in options:
        for key, value in _read(option).items():
            if normalise(key).split(ID_SEP_KEY)[0] in roots:  # a loss is no matter of inference
                merge_kv(parser, key, value)
    return for_hosts(_without_meta(parser.get()))


def _without_meta(configuration: Mapping[str, Any]) -> Configuration:
    """Without the place where a parser keeps metadata, which stand in a file of their own."""
    return {key: value for key, value in configuration.items() if key != "_meta_"}


def _override(configurations: Mapping[str, Configuration], bundle: Path, key: str, value: Any) -> None:
    """Set a key in every workflow that has it; the error is that of the workflow which should have it."""
    refusal: ConfigError | None = None
    taken = False
    for name in COMPLETE:
        if name not in configurations:
            continue
        try:
            check_overrides(configurations[name], {key: value})
        except ConfigError as error:
            refusal = refusal or error
        else:
            ConfigParser(configurations[name]).set(value, normalise(key))
            taken = True
    for name in BASES:
        taken |= name in configurations and _override_overlay(configurations[name], normalise(key), value)
    if not taken and refusal is not None:
        raise ConfigError(f"{bundle}: {refusal}") from refusal


def _override_overlay(overlay: Configuration, wanted: str, value: Any) -> bool:
    """Set a key that the overlay brings itself."""
    for key, content in overlay.items():
        own = normalise(key)
        if own == wanted:
            overlay[key] = value
            return True
        if wanted.startswith(f"{own}{ID_SEP_KEY}") and isinstance(content, dict):
            inner = ConfigParser(content)
            if (rest := wanted.removeprefix(f"{own}{ID_SEP_KEY}")) in inner:
                inner.set(value, rest)
                return True
    return False


def _read(file: Path) -> Configuration:
    return dict(ConfigParser.load_config_file(str(file)))


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.iterdir()) if file.suffix in (".yaml", ".yml", ".json"))


def _there(configs: Path, name: str) -> bool:
    return any((configs / f"{name}{suffix}").is_file() for suffix in (".yaml", ".json"))
