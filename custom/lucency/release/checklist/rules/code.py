"""Code that a configuration calls: by `_target_`, by import, in an expression."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import Any

from ..bundle_text import BundleText
from ..document import Document
from ..expression import is_expression, statement
from ..finding import Fault, Level, Place
from ..rule import Rule
from ..workflow import components

STOCK = ("monai", "torch", "ignite")
OURS = "lucency"
_SHARED_NAMES = ("scripts", "custom")
_CALLS = {"eval", "exec", "open", "compile", "__import__", "input", "breakpoint"}
_MODULES = {"subprocess", "shutil", "socket", "pickle", "ctypes", "pty", "runpy", "importlib", "urllib", "requests"}
_OS = re.compile(r"os\.(system|popen|exec\w*|spawn\w*|fork\w*|kill\w*|remove\w*|unlink|rmdir|rename\w*|chmod|putenv)")
_INNER = re.compile(r"__(subclasses|globals|builtins|class|mro|bases|code|import|getattribute|reduce\w*|loader)__")


def targets(bundle: BundleText) -> Iterator[tuple[Document, str, str]]:
    """Every dotted name that a `_target_` calls, with its file and key; short names are MONAI's."""
    for document in bundle.configs:
        for key, component in components(document.content):
            target = component["_target_"]
            if isinstance(target, str) and not is_expression(target) and "." in target:
                yield document, f"{key}::_target_" if key else "_target_", target


def imports(bundle: BundleText) -> Iterator[tuple[Document, str, str]]:
    """Every module that an expression imports, with its file and key."""
    for document, key, value in bundle.leaves():
        tree = statement(key, value) if is_expression(value) else None
        if isinstance(tree, ast.Import):
            yield from ((document, key, alias.name) for alias in tree.names)
        elif isinstance(tree, ast.ImportFrom) and tree.module:
            yield document, key, tree.module


def _call(bundle: BundleText) -> Iterator[Fault]:
    for document, key, value in bundle.leaves():
        tree = statement(key, value) if is_expression(value) else None
        for name in _forbidden(tree) if tree is not None else ():
            mend = "do it in a component of your package, where a reviewer and a test can see it"
            yield Fault(document.place(key), f"uses {name}", mend)


def _forbidden(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _CALLS:
            yield node.id
        elif isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            if _OS.fullmatch(name) or name.split(".")[0] in _MODULES or _INNER.fullmatch(node.attr):
                yield name
        elif isinstance(node, ast.Call) and any(_is_false(word) for word in node.keywords):
            yield "weights_only=False"


def _is_false(keyword: ast.keyword) -> bool:
    return keyword.arg == "weights_only" and getattr(keyword.value, "value", None) is False


def _target(bundle: BundleText) -> Iterator[Fault]:
    for document, key, target in targets(bundle):
        root = target.split(".")[0]
        if root in sys.stdlib_module_names or root == "builtins":
            mend = "write it as an expression, or do it in a component of your package"
            yield Fault(document.place(key), f"calls {target} of Python itself", mend)
    for document, key, value in _false_weights_only(bundle):
        yield Fault(document.place(key), f"unpickles whatever the file holds ({value})", "delete weights_only")


def _false_weights_only(bundle: BundleText) -> Iterator[tuple[Document, str, Any]]:
    for document, key, value in bundle.leaves():
        if key.rpartition("::")[2] == "weights_only" and value is False:
            yield document, key, "weights_only: false"


def _foreign(bundle: BundleText) -> Iterator[Fault]:
    allowed = {*STOCK, OURS, *bundle.packages, *sys.stdlib_module_names, *_SHARED_NAMES}
    for document, key, target in targets(bundle):
        if target.split(".")[0] not in allowed:
            mend = "use what MONAI has, or ship it as a package of the bundle's own"
            yield Fault(document.place(key), f"calls {target}, neither MONAI's nor the bundle's own", mend)


def _shared_name(bundle: BundleText) -> Iterator[Fault]:
    for document, key, name in [*targets(bundle), *imports(bundle)]:
        if (root := name.split(".")[0]) in _SHARED_NAMES:
            mend = f"rename the package {root} to one that names the bundle, and use relative imports in it"
            yield Fault(document.place(key), f"{root} is the package of every other bundle, too", mend)


def _shadowing(bundle: BundleText) -> Iterator[Fault]:
    for name in bundle.packages:
        if name in sys.stdlib_module_names or name in (*STOCK, "numpy"):
            file = f"{name}.py" if f"{name}.py" in bundle.files else name
            yield Fault(Place(file), f"stands in the place of {name} itself", "give it another name")


def _early_import(bundle: BundleText) -> Iterator[Fault]:
    own = {OURS, *_SHARED_NAMES, *bundle.packages}
    for document, key, name in imports(bundle):
        if key.split("::")[0].lstrip("+") == "imports" and name.split(".")[0] in own:
            mend = "delete the line and name it as _target_: PACKAGE.MODULE.NAME"
            yield Fault(document.place(key), f"{name} is imported before MONAI finds the bundle's package", mend)


RULES = (
    Rule(
        "code.call",
        Level.ERROR,
        "No expression uses eval, exec, open, processes, the network, pickles or Python's inside.",
        "An expression is code that nobody reviews or tests, and it runs on whoever opens the bundle.",
        _call,
    ),
    Rule(
        "code.target",
        Level.ERROR,
        "No `_target_` calls Python's standard library, and nothing sets `weights_only: false`.",
        "`_target_: subprocess.run` runs on whoever opens the bundle.",
        _target,
    ),
    Rule(
        "code.foreign-target",
        Level.WARNING,
        "`_target_` names MONAI, torch, ignite, lucency or a package in the bundle.",
        "Whatever else is called has to be installed, and has to be trusted.",
        _foreign,
    ),
    Rule(
        "code.shared-name",
        Level.ERROR,
        "The bundle's package is not called `scripts` or `custom`.",
        "Of two bundles in one process, the second silently runs the code of the first; a folder of that name in the "
        "working directory comes before both.",
        _shared_name,
    ),
    Rule(
        "code.shadowing",
        Level.ERROR,
        "No package or module at the root has the name of one of Python's, MONAI, torch, ignite or NumPy.",
        "MONAI puts the root before them on the path: whoever imports that name gets the bundle's.",
        _shadowing,
    ),
    Rule(
        "code.early-import",
        Level.ERROR,
        "`imports` does not import the bundle's own package.",
        "Imports are evaluated before MONAI puts the bundle on the path: it works on the author's machine only.",
        _early_import,
    ),
)
