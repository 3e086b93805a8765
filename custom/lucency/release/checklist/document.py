"""A configuration file as text: its values, the line of every key, keys that stand there twice."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from .finding import Place

SEPARATOR = "::"
SUFFIXES = (".json", ".yaml", ".yml")
MOST_BYTES = 4 * 2**20
MOST_VALUES = 200_000
"""Far above any bundle; a few lines of YAML whose aliases multiply reach billions."""


class UnreadableError(Exception):
    """A file that holds no configuration; the message is the reason, `line` where it was noticed."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


class NoMappingError(UnreadableError):
    """A file that can be read and holds something else than keys, such as a list: data of some component."""


@dataclass(frozen=True)
class Document:
    """A JSON or YAML file that was read, not run: to this class ``$`` and ``_target_`` are texts.

    Attributes:
        file: path inside the bundle, with ``/``.
        text: what it holds.
        content: the same as dictionaries, lists and scalars.
        lines: line of each key, ``::`` between levels.
        duplicates: keys that stand in one mapping twice; of these, MONAI silently takes the later.
    """

    file: str
    text: str
    content: dict[str, Any]
    lines: dict[str, int] = field(default_factory=dict)
    duplicates: tuple[str, ...] = ()

    def place(self, key: str = "", *, shown: str | None = None) -> Place:
        """Where a key stands; one that is not written out has the line of the nearest key above it.

        Args:
            key: as it is written in this file.
            shown: the name of it for the reader, where another one is clearer.
        """
        above = key
        while above and above not in self.lines:
            above = above.rpartition(SEPARATOR)[0]
        return Place(self.file, self.lines.get(above), key if shown is None else shown)


def read_document(root: Path, path: Path) -> Document:
    """Read a JSON or YAML file without running anything of it.

    Args:
        root: folder of the bundle.
        path: the file.

    Raises:
        UnreadableError: too large, not UTF-8, no valid JSON or YAML, or tags of Python objects.
        NoMappingError: it holds no keys.
    """
    name = path.relative_to(root).as_posix()
    text = read_text(path)
    try:
        if path.suffix == ".json":
            content = json.loads(text)
            lines, duplicates = _json_lines(text)
        else:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            lines, duplicates = _lines(node)
            content = None if node is None else _with_texts(SafeConstructor().construct_document(node))
    except UnreadableError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise UnreadableError(f"is no YAML that MONAI reads ({error.problem})", line) from error
    except json.JSONDecodeError as error:
        raise UnreadableError(f"is no JSON ({error.msg})", error.lineno) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableError(f"cannot be read ({type(error).__name__})") from error
    if not isinstance(content, dict):
        raise NoMappingError("holds no mapping of keys to values")
    return Document(name, text, content, lines, duplicates)


def read_text(path: Path) -> str:
    """Read a text file of a bundle.

    Raises:
        UnreadableError: no plain file, too large, or not UTF-8.
    """
    try:
        if not path.is_file():
            raise UnreadableError("is no plain file")  # a pipe would be waited for
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableError(f"has more than {MOST_BYTES // 2**20} MiB")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"cannot be read ({type(error).__name__})") from error


def _with_texts(content: Any) -> Any:
    """Keys as texts, as they are in references; YAML also has numbers and words such as `on`."""
    if isinstance(content, dict):
        return {str(key): _with_texts(value) for key, value in content.items()}
    return [_with_texts(value) for value in content] if isinstance(content, list) else content


def _json_lines(text: str) -> tuple[dict[str, int], tuple[str, ...]]:
    """Lines of the keys of a JSON text, by reading it as YAML; none where it is JSON that YAML does not take."""
    try:
        return _lines(yaml.compose(text.replace("\t", " "), Loader=yaml.SafeLoader))
    except yaml.YAMLError:
        return {}, ()


def _lines(node: yaml.Node | None) -> tuple[dict[str, int], tuple[str, ...]]:
    lines: dict[str, int] = {}
    duplicates: list[str] = []
    for count, (key, line) in enumerate(_keys(node)):
        if count > MOST_VALUES:
            raise UnreadableError(f"has more than {MOST_VALUES} values, counting what aliases repeat")
        if key in lines and not any(key.startswith(f"{other}{SEPARATOR}") for other in duplicates):
            duplicates.append(key)
        lines[key] = line
    return lines, tuple(duplicates)


def _keys(node: yaml.Node | None, prefix: str = "") -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        children = [(str(key.value), key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        children = [(str(index), value, value) for index, value in enumerate(node.value)]
    else:
        return
    for name, named, value in children:
        key = f"{prefix}{SEPARATOR}{name}" if prefix else name
        yield key, named.start_mark.line + 1
        yield from _keys(value, key)
