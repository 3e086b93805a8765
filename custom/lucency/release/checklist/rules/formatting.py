"""Form of the files, as the zoo's own checks want it."""

import ast
import json
from collections.abc import Iterator

from ..bundle_text import BundleText
from ..finding import Fault, Level, Place
from ..rule import Rule

_TEXTS = (".json", ".yaml", ".yml", ".py", ".md", ".txt", ".conf")
_WIDTH = 120


def _json(bundle: BundleText) -> Iterator[Fault]:
    for document in bundle.documents.values():
        if document.file.endswith(".json"):
            forms = [json.dumps(document.content, indent=4, ensure_ascii=ascii_only) for ascii_only in (True, False)]
            if document.text.rstrip("\n") not in forms:
                line = _first_difference(document.text, forms[1])
                mend = f"python -m json.tool --indent 4 --no-ensure-ascii {document.file} (or lucency bundle package)"
                yield Fault(Place(document.file, line), "is not indented as json.dumps(indent=4) does", mend)


def _first_difference(text: str, form: str) -> int:
    pairs = zip(text.splitlines(), form.splitlines(), strict=False)
    return next((number for number, (one, other) in enumerate(pairs, start=1) if one != other), 1)


def _newline(bundle: BundleText) -> Iterator[Fault]:
    for file in bundle.files:
        text = bundle.read(file) if file.endswith(_TEXTS) or file == "LICENSE" else None
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield Fault(Place(file, text.count("\n") + 1), "does not end in one newline", "end it with one newline")


def _python(bundle: BundleText) -> Iterator[Fault]:
    for file in bundle.files:
        text = bundle.read(file) if file.endswith(".py") else None
        for number, line in enumerate((text or "").splitlines(), start=1):
            if len(line) > _WIDTH:
                message = f"a line has {len(line)} characters; the zoo's checks allow {_WIDTH}"
                yield Fault(
                    Place(file, number), message, f"break it (black --line-length {_WIDTH} breaks code, not comments)"
                )
                break


def _python_syntax(bundle: BundleText) -> Iterator[Fault]:
    for file in bundle.files:
        text = bundle.read(file) if file.endswith(".py") else None
        try:
            ast.parse(text or "")
        except SyntaxError as error:
            yield Fault(Place(file, error.lineno), f"is no Python ({error.msg})", "correct it")
        except (ValueError, MemoryError, RecursionError) as error:
            yield Fault(Place(file), f"is no Python ({type(error).__name__})", "correct it")


RULES = (
    Rule(
        "format.json",
        Level.WARNING,
        "JSON files are indented by 4, a value a line.",
        "The zoo's pre-commit hook `pretty-format-json` changes them.",
        _json,
    ),
    Rule(
        "format.newline",
        Level.WARNING,
        "Text files end in one newline.",
        "The zoo asks for it.",
        _newline,
    ),
    Rule(
        "format.python",
        Level.WARNING,
        f"Lines of Python have at most {_WIDTH} characters.",
        "The zoo runs black and flake8 with this width.",
        _python,
    ),
    Rule(
        "format.python-syntax",
        Level.ERROR,
        "Python files are Python.",
        "They cannot be imported.",
        _python_syntax,
    ),
)
