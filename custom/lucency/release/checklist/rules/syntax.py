"""Configuration files as files: they can be read, say everything once, and their expressions are Python."""

import ast
import re
from collections.abc import Iterator

from ..bundle_text import BundleText
from ..expression import is_expression, names_file, statement, trips_on_import
from ..finding import Fault, Level
from ..rule import Rule

_IN_A_WORKER = re.compile(r"(^|::)(preprocessing|transforms?|dataset|dataloader|sampler|collate_fn)(::|$)")


def _unreadable(bundle: BundleText) -> list[Fault]:
    return bundle.unreadable


def _duplicate(bundle: BundleText) -> Iterator[Fault]:
    for document in bundle.documents.values():
        for key in document.duplicates:
            yield Fault(document.place(key), "stands there twice; the later wins", "delete one of the two")


def _import_trap(bundle: BundleText) -> Iterator[Fault]:
    for document, key, value in bundle.leaves():
        if is_expression(value) and trips_on_import(key, value):
            message = 'holds the letters "import" and is no Python before its references are put in'
            mend = "rename what is called import..., such as importance to sample_weight"
            yield Fault(document.place(key), message, mend)


def _syntax(bundle: BundleText) -> Iterator[Fault]:
    for document, key, value in bundle.leaves():
        if is_expression(value) and not trips_on_import(key, value) and statement(key, value) is None:
            mend = "write one expression, without a space after $, or leave out the $"
            yield Fault(document.place(key), "is no Python expression", mend)


def _imports(bundle: BundleText) -> Iterator[Fault]:
    for document, key, value in bundle.leaves():
        tree = statement(key, value) if is_expression(value) else None
        if not isinstance(tree, ast.Import | ast.ImportFrom):
            continue
        first = tree.names[0]
        if len(tree.names) > 1:
            message = f"imports {first.name} only; MONAI drops the rest"
            yield Fault(document.place(key), message, "write one import a line of the list")
        elif first.name == "*":
            yield Fault(document.place(key), "imports nothing", "name what is imported")
        elif isinstance(tree, ast.Import) and "." in first.name and first.asname is None:
            last = first.name.rpartition(".")[2]
            message = f"{first.name} cannot be used in any expression"
            yield Fault(document.place(key), message, f"$import {first.name} as {last}")


def _file_macro(bundle: BundleText) -> Iterator[Fault]:
    for document, key, value in bundle.leaves():
        if isinstance(value, str) and names_file(value):
            message = "takes its value from a file that is looked up in the working directory"
            yield Fault(
                document.place(key), message, "write the value out, or pass the file as a further --config_file"
            )


def _lambda(bundle: BundleText) -> Iterator[Fault]:
    for document, key, value in bundle.leaves():
        tree = statement(key, value) if is_expression(value) and _IN_A_WORKER.search(key) else None
        if tree is not None and any(isinstance(node, ast.Lambda) for node in ast.walk(tree)):
            mend = "use a transform of MONAI, or a named function of your package"
            yield Fault(document.place(key), "is a lambda, which cannot be sent to a worker process", mend)


RULES = (
    Rule(
        "config.readable",
        Level.ERROR,
        "Every file is JSON or YAML of plain values in UTF-8, with keys where it is a workflow or metadata.",
        "MONAI cannot start; it refuses tags such as `!!python/object`, too.",
        _unreadable,
    ),
    Rule(
        "config.duplicate-key",
        Level.ERROR,
        "No key stands in a mapping twice.",
        "MONAI takes the later with no more than a warning, and the reader sees the earlier.",
        _duplicate,
    ),
    Rule(
        "config.import-trap",
        Level.ERROR,
        'No expression with a reference holds the letters "import".',
        "MONAI takes it for an import statement: SyntaxError at whatever key is asked for first.",
        _import_trap,
    ),
    Rule(
        "config.expression",
        Level.ERROR,
        "Every `$` text is one Python expression or import.",
        "It fails when it is needed, perhaps at the end of an epoch.",
        _syntax,
    ),
    Rule(
        "config.import",
        Level.ERROR,
        "An import names one thing; one with a dot has an `as`.",
        "MONAI keeps the first name only, and binds `a.b` as a name that no expression can spell: NameError later.",
        _imports,
    ),
    Rule(
        "config.file-macro",
        Level.WARNING,
        "No `%FILE#key`.",
        "The file is looked up in the working directory, not beside the configuration.",
        _file_macro,
    ),
    Rule(
        "config.lambda",
        Level.WARNING,
        "No lambda in what workers load and transform.",
        "With workers that are spawned, the default of Python 3.14, it cannot be pickled.",
        _lambda,
    ),
)
