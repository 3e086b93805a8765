"""Which modules of this package a set of dotted names needs, read from the source: nothing is imported."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ...errors import ConfigError, suggestion

PACKAGE = __name__.partition(".")[0]
ROOT = Path(__file__).parents[2]


@dataclass
class Imports:
    """What one module imports, at its top or in its functions.

    Attributes:
        own: pairs of a module of this package and the name taken from it, ``None`` for the module itself.
        foreign: modules of other packages, standard library included.
        homes: names that are imported on first use (`lucency.lazy`), to the modules that they live in.
        names: what it defines or imports at its top.
        reads_files: whether it reads files beside it, which it then finds by ``__file__``.
    """

    own: set[tuple[str, str | None]] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    homes: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    reads_files: bool = False


def needed_modules(names: Iterable[str]) -> list[str]:
    """List the modules that have to be there for the given objects to work, sorted.

    An import counts wherever it stands, in a function too; but not under ``if TYPE_CHECKING``, which never runs. Of a
    package that imports its names on first use, only the names that somebody takes count.

    Args:
        names: of classes and functions, such as ``lucency.losses.HillLoss``.

    Raises:
        ConfigError: a name that this package does not have.

    Example:
        >>> needed_modules(["lucency.errors.LucencyError"])
        ['lucency', 'lucency.errors']
        >>> needed_modules(["lucency.errors.LucencyEror"])
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: lucency.errors.LucencyEror: there is no such name; did you mean 'LucencyError'?
    """
    waiting = [_located(name) for name in names]
    seen: set[tuple[str, str | None]] = set()
    while waiting:
        module, name = pair = waiting.pop()
        if pair in seen:
            continue
        seen.add(pair)
        imports = imports_of(module)
        waiting += [(parent, None) for parent in _parents(module)]
        waiting += imports.own
        if name in imports.homes:
            waiting.append((f"{module}.{imports.homes[name]}", name))
        elif name is not None and source_of(f"{module}.{name}") is not None:
            waiting.append((f"{module}.{name}", None))
    return sorted({module for module, _ in seen})


def source_of(module: str) -> Path | None:
    """File of a module of this package; ``None`` if there is none."""
    first, *rest = module.split(".")
    path = ROOT.joinpath(*rest)
    files = (path / "__init__.py", path.with_suffix(".py")) if first == PACKAGE else ()
    return next((file for file in files if file.is_file()), None)


@cache
def imports_of(module: str) -> Imports:
    """Read what a module of this package imports.

    Raises:
        ConfigError: there is no such module.
    """
    source = source_of(module)
    if source is None:
        raise ConfigError(f"{module}: there is no such module; the installation of {PACKAGE} is damaged")
    tree = ast.parse(source.read_text(encoding="utf-8"))
    package = module.split(".") if source.name == "__init__.py" else module.split(".")[:-1]
    found = Imports()
    for node in _executed(tree):
        if isinstance(node, ast.Import):
            found.foreign |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.foreign.add(str(node.module))
        elif isinstance(node, ast.ImportFrom):
            origin = package[: len(package) + 1 - node.level] + ([node.module] if node.module else [])
            found.own |= {(".".join(origin), alias.name) for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "imported_on_use":
            found.homes |= ast.literal_eval(node.args[1])
        elif isinstance(node, ast.Name) and node.id == "__file__":
            found.reads_files = True
    found.names = {name for statement in tree.body for name in _bound(statement)} | found.homes.keys()
    return found


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree, but not into what only a type checker reads."""
    yield node
    skipped = node.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) else []
    for child in ast.iter_child_nodes(node):
        if child not in skipped:
            yield from _executed(child)


def _bound(statement: ast.stmt) -> list[str]:
    """Names that a statement at the top of a module defines."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in statement.names]
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return [statement.name]
    return [node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def _located(name: str) -> tuple[str, str | None]:
    """Divide a dotted name into the longest module of this package and what is taken from it."""
    if source_of(name) is not None:
        return name, None
    module, taken = next(
        ((parent, name[len(parent) + 1 :].split(".")[0]) for parent in reversed(_parents(name)) if source_of(parent)),
        (PACKAGE, name),
    )
    if taken not in (known := imports_of(module).names):
        raise ConfigError(f"{name}: there is no such name{suggestion(taken, known)}")
    return module, taken


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]
