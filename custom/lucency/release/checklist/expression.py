"""Texts of a configuration that MONAI would evaluate: what they refer to, and their syntax tree. None is evaluated."""

import ast
import re
from typing import Any

from .document import SEPARATOR

_REFERENCE = re.compile(r"@\w*(?:::\w*)*")
_RELATIVE = re.compile(r"[@%](?:::)+")
_LONGEST = 5000
"""Characters; Python's own parser may crash on what is far longer."""


def is_expression(value: Any) -> bool:
    """Whether MONAI would run a value as Python."""
    return isinstance(value, str) and value.startswith("$")


def absolute(key: str, value: str) -> str:
    """Write ``#`` as ``::``, and references that start at their own place as full ones.

    Args:
        key: of the value.
        value: text.

    Example:
        >>> absolute("train::trainer::max_epochs", "@##trainer#epochs")
        '@train::trainer::epochs'
    """
    value = value.replace("#", SEPARATOR)
    parents = key.split(SEPARATOR)

    def full(match: re.Match[str]) -> str:
        levels = match[0].count(SEPARATOR)
        above = parents[:-levels]
        return match[0][0] + "".join(f"{parent}{SEPARATOR}" for parent in above)

    return _RELATIVE.sub(full, value)


def references(key: str, value: Any) -> list[str]:
    """Keys that a value refers to: all in an expression, or the one that the value is; by ``@`` or by ``%``.

    Example:
        >>> references("a", "$@train#loss + @b"), references("a", "%train#loss"), references("a", "me@home.org")
        (['train::loss', 'b'], ['train::loss'], [])
    """
    if not isinstance(value, str):
        return []
    text = absolute(key, value)
    if text.startswith("%"):
        return [] if names_file(text) else [text[1:]]
    found = _REFERENCE.findall(text)
    return [name[1:] for name in found if is_expression(text) or name == text]


def names_file(macro: str) -> bool:
    """Whether a ``%`` text takes its value from another file.

    Example:
        >>> names_file("%configs/net.json#net"), names_file("%train#net")
        (True, False)
    """
    return macro.startswith("%") and re.search(r"\.(json|ya?ml)(::|#|$)", macro, re.IGNORECASE) is not None


def statement(key: str, value: str) -> ast.AST | None:
    """Syntax tree of an expression or import, each reference a name ``_``; None if Python does not take it.

    Example:
        >>> ast.unparse(statement("a", "$len(@findings) + 1")), statement("a", "$1 +")
        ('len(_) + 1', None)
    """
    return _parse(_REFERENCE.sub("_", absolute(key, value))[1:])


def path_beginnings(key: str, value: Any) -> list[str]:
    """Texts that can be the beginning of a path: a plain value, or those in an expression that nothing comes before.

    Example:
        >>> path_beginnings("a", "/data/x"), path_beginnings("a", "$@bundle_root + '/models'")
        (['/data/x'], [])
        >>> path_beginnings("a", "$os.path.join('/data', 'x')")
        ['/data', 'x']
    """
    if not is_expression(value):
        return [value] if isinstance(value, str) else []
    tree = statement(key, value)
    nodes = list(ast.walk(tree)) if tree is not None else []
    later = {id(node.right) for node in nodes if isinstance(node, ast.BinOp)}
    later |= {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values[1:]}
    constants = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in later]
    return [node.value for node in constants if isinstance(node.value, str)]


def trips_on_import(key: str, value: str) -> bool:
    """Whether MONAI takes an expression for an import statement and then cannot parse it.

    It parses the raw text of every expression that has the letters "import" in it, and a reference is no Python.

    Example:
        >>> trips_on_import("a", "$@importance * 2"), trips_on_import("a", "$import os")
        (True, False)
    """
    return "import" in value and _parse(absolute(key, value)[1:]) is None


def _parse(text: str) -> ast.AST | None:
    if len(text) > _LONGEST:
        return None
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    return body[0] if len(body) == 1 and isinstance(body[0], ast.Expr | ast.Import | ast.ImportFrom) else None
