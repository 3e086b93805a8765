"""Configuration files that belong together, merged as MONAI merges them, with the place of every key."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from .document import MOST_VALUES, SEPARATOR, Document
from .expression import absolute, names_file
from .finding import Fault, Place

MISSING = object()


@dataclass
class Workflow:
    """What `monai.bundle run` would see of some files, as texts.

    Attributes:
        name: of the last file, without suffix: ``train``, ``multi_gpu_train``, ``loss/wan``.
        kind: ``train`` or ``infer``, which says what MONAI and hosts look for.
        documents: the files, in the order in which they override each other.
        config: the merged values.
        faults: what could not be merged.
    """

    name: str
    kind: str
    documents: Sequence[Document]
    config: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _origins: list[tuple[str, Document, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Merge, and put copies where macros ask for them."""
        for document in self.documents:
            for key, value in document.content.items():
                self._merge(document, key, value)
        self._copy_macros()

    def _copy_macros(self) -> None:
        """Put copies where `%key` asks for one, as long as they do not multiply beyond measure."""
        left = MOST_VALUES
        for key, value in list(leaves(self.config)):
            if isinstance(value, str) and value.startswith("%") and not names_file(value):
                content = self.get(absolute(key, value)[1:])
                left -= 0 if content is MISSING else sum(1 for _ in leaves(content))
                if left < 0:
                    return
                if content is not MISSING:
                    parent, _, last = key.rpartition(SEPARATOR)
                    _set(self.get(parent), last, deepcopy(content))

    def _merge(self, document: Document, key: str, value: Any) -> None:
        """Set or, with ``+``, extend a key that may lie inside others."""
        wanted = key.lstrip("+").replace("#", SEPARATOR)
        parent, _, last = wanted.rpartition(SEPARATOR)
        holder = self.get(parent)
        if not isinstance(holder, dict | list) or (isinstance(holder, list) and not last.isdecimal()):
            message = f"changes what is inside {parent}, which no file before it has"
            mend = f"write {parent} out in the base file, or leave the key out"
            self.faults.append(Fault(document.place(key, shown=wanted), message, mend))
            return
        there = self.get(wanted)
        if key.startswith("+") and isinstance(there, list) and isinstance(value, list):
            for index, item in enumerate(value):
                origin = (f"{wanted}{SEPARATOR}{len(there)}", document, f"{key}{SEPARATOR}{index}")
                self._origins.append(origin)
                there.append(deepcopy(item))
        elif key.startswith("+") and isinstance(there, dict) and isinstance(value, dict):
            for name, item in value.items():
                self._origins.append((f"{wanted}{SEPARATOR}{name}", document, f"{key}{SEPARATOR}{name}"))
                there[name] = deepcopy(item)
        else:
            self._origins.append((wanted, document, key))
            _set(holder, last, deepcopy(value))

    def get(self, key: str, default: Any = MISSING) -> Any:
        """Value of a key, ``::`` or ``#`` between levels; the whole configuration for an empty one."""
        value: Any = self.config
        for part in key.replace("#", SEPARATOR).split(SEPARATOR) if key else []:
            try:
                value = value[int(part)] if isinstance(value, list) else value[part]
            except (KeyError, IndexError, ValueError, TypeError):
                return default
        return value

    def place(self, key: str) -> Place:
        """Where a key of the merged configuration was last set."""
        for prefix, document, written in reversed(self._origins):
            if key == prefix or key.startswith(prefix + SEPARATOR):
                return document.place(written + key[len(prefix) :], shown=key)
        return Place(self.documents[0].file, None, key)

    def components(self, key: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        """Everything with a ``_target_`` at a key or below, but what is switched off for good."""
        return components(self.get(key, {}), key)


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar with its full key.

    Example:
        >>> list(leaves({"a": {"b": [1, 2]}}))
        [('a::b::0', 1), ('a::b::1', 2)]
    """
    if isinstance(value, dict | list):
        for name, child in children(value):
            yield from leaves(child, f"{key}{SEPARATOR}{name}" if key else name)
    else:
        yield key, value


def children(value: Any) -> list[tuple[str, Any]]:
    """Names and values one level below; names of list items are their positions."""
    if isinstance(value, dict):
        return [(str(name), child) for name, child in value.items()]
    return [(str(index), child) for index, child in enumerate(value)] if isinstance(value, list) else []


def components(value: Any, key: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything with a ``_target_`` in a value, but what is switched off for good.

    Example:
        >>> [key for key, _ in components([{"_target_": "A"}, {"_target_": "B", "_disabled_": True}], "handlers")]
        ['handlers::0']
    """
    if isinstance(value, dict):
        if str(value.get("_disabled_", "")).strip().lower() == "true":
            return
        if "_target_" in value:
            yield key, value
    for name, child in children(value):
        yield from components(child, f"{key}{SEPARATOR}{name}" if key else name)


def _set(holder: Any, name: str, value: Any) -> None:
    if isinstance(holder, dict):
        holder[name] = value
    elif isinstance(holder, list) and name.isdecimal() and int(name) < len(holder):
        holder[int(name)] = value
