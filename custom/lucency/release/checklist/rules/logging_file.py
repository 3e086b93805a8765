"""`logging.conf`, of which Python evaluates two fields."""

import ast
import configparser
import logging
import logging.handlers
import re
from collections.abc import Iterator

from ..bundle_text import BundleText
from ..finding import Fault, Level, Place
from ..rule import Rule

FILE = "configs/logging.conf"
_STREAMS = ("sys.stdout", "sys.stderr")


def _evaluated(bundle: BundleText) -> Iterator[Fault]:
    text = bundle.read(FILE)
    if text is None:
        return
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        yield Fault(Place(FILE), "is no configuration of logging", "write it as logging.config.fileConfig reads it")
        return
    for section in parser.sections():
        for field in ("class", "args", "kwargs"):
            value = parser.get(section, field, fallback="").strip()
            if value and not (_is_logging_class(value) if field == "class" else _is_literal(value)):
                mend = "name a class of logging or logging.handlers" if field == "class" else "args=(sys.stdout,)"
                yield Fault(_place(text, section, field), f"{field} is code, which MONAI 1.6.1 refuses", mend)


def _place(text: str, section: str, field: str) -> Place:
    before = 0
    for number, line in enumerate(text.splitlines(), start=1):
        before = number if line.strip() == f"[{section}]" else before
        if before and re.match(rf"{field}\s*[=:]", line):
            return Place(FILE, number, f"{section}::{field}")
    return Place(FILE, before or None, f"{section}::{field}")


def _is_logging_class(value: str) -> bool:
    module, _, name = value.rpartition(".")
    home = {"": logging, "logging": logging, "logging.handlers": logging.handlers}.get(module)
    found = vars(home).get(name) if home else None
    return isinstance(found, type) and issubclass(found, logging.Handler | logging.Formatter)


def _is_literal(value: str) -> bool:
    try:
        ast.literal_eval(re.sub("|".join(map(re.escape, _STREAMS)), "None", value))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True


RULES = (
    Rule(
        "logging.code",
        Level.ERROR,
        "`class` in `configs/logging.conf` names a class of `logging`, `args` and `kwargs` are literals or "
        "`sys.stdout`, `sys.stderr`.",
        "Python evaluates them before anything else of the bundle; MONAI 1.6.1 refuses others with ValueError.",
        _evaluated,
    ),
)
