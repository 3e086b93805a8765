"""What a training run was told, so that whoever uses its weights need not say it again."""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from .errors import ConfigError

RECORD = "run.json"
SETTINGS = "settings"
OF_THE_MODEL = frozenset({"findings", "image_size", "fit", "network_def"})
"""Keys of all workflows that must be as they were in training, or the weights do not fit or answer something else."""
HOW_IT_RUNS = frozenset(
    {
        "bundle_root", "dataset_dir", "table", "val_table", "ckpt_dir", "max_epochs", "patience", "val_interval",
        "cache_dir", "compile", "device", "resume", "progress_bar",
    }
)  # fmt: skip
"""Keys that do not change what a run learns; a resumed one may have others."""
_NOT_PLAIN = re.compile(r"^[$@%]|[/\\]|\.[a-z]\w*$")  # what would be run or looked up; paths and files of one machine


def trained_settings(bundle: str | Path, weights: str | Path, keys: Collection[str] | None = None) -> dict[str, Any]:
    """Read the settings and options that the training run of some weights was given, from `run.json` beside them.

    Weights may come from anywhere, and so may their record: expressions, components and paths in it are left out, as
    are options that only start a run from other weights.

    Args:
        bundle: folder of the bundle.
        weights: file of the weights; whether it is there does not matter.
        keys: top-level keys that are wanted, such as `OF_THE_MODEL`, and the options that change one of them; by
            default all but `HOW_IT_RUNS`.

    Returns:
        Keys and options to values, as `lucency run` was given them; empty if there is no record or it says nothing.

    Raises:
        ConfigError: there is a record that cannot be read.
    """
    record = Path(weights).parent / RECORD
    if not record.is_file():
        return {}
    try:
        given = json.loads(record.read_bytes()).get(SETTINGS)
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(f"{record}: cannot be read ({error}); mend it, or take it away from the weights") from error
    configs = Path(bundle) / "configs"
    settings = {}
    for name, value in given.items() if isinstance(given, Mapping) else ():
        option = configs / name / f"{value}.yaml"
        changed = _keys_of_option(option) if option.is_file() else {_root(name)}
        wanted = changed - HOW_IT_RUNS if keys is None else changed & set(keys)
        if wanted and _is_plain(value):
            settings[name] = value
    return settings


def with_settings(settings: Mapping[str, Any], options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Add settings to options, which win.

    Returns:
        The two together, and the settings that were added.

    Example:
        >>> with_settings({"image_size": 64, "network_def#growth_rate": 12}, {"network_def::growth_rate": 16})
        ({'image_size': 64, 'network_def::growth_rate': 16}, {'image_size': 64})
    """
    told = set(map(_normal, options))
    added = {name: value for name, value in settings.items() if _normal(name) not in told}
    return {**added, **options}, added


def _keys_of_option(file: Path) -> set[str]:
    """Top-level keys that an option changes; none if it starts from weights of its own, which has been done."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    inner = {str(name) for value in content.values() if isinstance(value, Mapping) for name in value}
    roots = {_root(key) for key in content}
    return set() if "weights" in roots | inner else roots


def _root(key: str) -> str:
    return _normal(key).partition("::")[0]


def _normal(key: str) -> str:
    return re.sub(r"#+", "::", key)


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_plain(item) and not str(key).startswith("_") for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return not (isinstance(value, str) and _NOT_PLAIN.search(value))
