"""Importing what a package offers when it is first asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def imported_on_use(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a package whose modules are imported when one of their names is asked for (PEP 562).

    PyTorch and MONAI take seconds to import. What needs neither, such as reading a file or asking an exported network,
    starts without them although the same package offers what needs both.

    Args:
        package: ``__name__`` of the package.
        homes: public names to the modules, inside the package, that they live in.

    Example:
        >>> get = imported_on_use("lucency", {"LucencyError": "errors"})
        >>> get("LucencyError").__name__
        'LucencyError'
        >>> get("LucencyErrors")
        Traceback (most recent call last):
        ...
        AttributeError: module 'lucency' has no attribute 'LucencyErrors'
    """

    def find(name: str) -> Any:
        if name in homes:
            return getattr(import_module(f".{homes[name]}", package), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find
