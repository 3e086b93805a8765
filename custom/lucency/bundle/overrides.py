"""Overrides, checked: a misspelt key must not train the default for a night."""

import inspect
import pydoc
from collections.abc import Mapping
from typing import Any

from monai.bundle import ConfigComponent
from monai.bundle.utils import ID_SEP_KEY

from ..errors import ConfigError
from .keys import all_keys, normalise, suggestion

_SPECIAL = frozenset("$@%#")
COMPONENT_KEYS = frozenset({"_target_", "_disabled_", "_requires_", "_desc_", "_mode_"})


def check_overrides(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> None:
    """Raise unless every override changes a key that exists, or sets an argument that its component accepts.

    Args:
        config: the merged configuration before overriding.
        overrides: full keys (``train#trainer#max_epochs`` or ``train::trainer::max_epochs``) to values.

    Raises:
        ConfigError: names the key and the nearest valid one.

    Example:
        >>> check_overrides({"loss": {"_target_": "torch.nn.L1Loss"}}, {"loss#reduction": "sum"})
        >>> check_overrides({"loss": {"_target_": "torch.nn.L1Loss"}}, {"loss#reductoin": "sum"})
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: override 'loss#reductoin': no such key; did you mean 'loss::reduction'?
    """
    known = all_keys(dict(config))
    for key in overrides:
        wanted = normalise(key)
        if wanted in known:
            continue
        parent, _, name = wanted.rpartition(ID_SEP_KEY)
        arguments = _arguments(_get(config, parent)) if parent in known else {}
        if name in arguments or "**" in arguments or (arguments and name in COMPONENT_KEYS):
            continue
        candidates = known + [f"{parent}{ID_SEP_KEY}{argument}" for argument in arguments]
        raise ConfigError(f"override {key!r}: no such key{suggestion(wanted, candidates)}")


def _get(config: Any, key: str) -> Any:
    for part in key.split(ID_SEP_KEY):
        config = config[int(part)] if isinstance(config, list) else config[part]
    return config


def _arguments(component: Any) -> dict[str, None]:
    """Names of the arguments a component's constructor takes; ``**`` when it takes any."""
    if not ConfigComponent.is_instantiable(component):
        return {}
    target = ConfigComponent(config=component).resolve_module_name()
    found = pydoc.locate(target) if isinstance(target, str) else target
    if not callable(found):
        return {}
    parameters = inspect.signature(found).parameters.values()
    return {"**" if p.kind is p.VAR_KEYWORD else p.name: None for p in parameters}


def literal(text: str) -> str:
    r"""Write a text, such as a path, so that a configuration holds exactly this text.

    MONAI would run a text that begins with ``$`` as Python, look ``@`` and ``%`` up, and read ``#`` as ``::``.

    Example:
        >>> literal("/data/x-ray"), literal("$a#1")
        ('/data/x-ray', "$'\\x24a\\x231'")
    """
    if not _SPECIAL & set(text):
        return text
    inert = "".join(c if c.isascii() and (c.isalnum() or c in " /._-") else _escaped(c) for c in text)
    return f"$'{inert}'"


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\U{code:08x}"
