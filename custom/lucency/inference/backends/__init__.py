"""One network, several ways of computing it: exported once, checked against PyTorch, chosen by name."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .precision import BOUNDS, Precision
from .record import Export, Exports, read_exports

if TYPE_CHECKING:
    from .backend import Backend
    from .export import export_network
    from .runtime import Runtime
    from .runtimes import RUNTIMES, runtime_named

__all__ = [
    "BOUNDS",
    "RUNTIMES",
    "Backend",
    "Export",
    "Exports",
    "Precision",
    "Runtime",
    "export_network",
    "read_exports",
    "runtime_named",
]

_OF_TORCH = {
    "RUNTIMES": "runtimes",
    "Backend": "backend",
    "Runtime": "runtime",
    "export_network": "export",
    "runtime_named": "runtimes",
}


def __getattr__(name: str) -> Any:
    """Import what needs PyTorch on first use: an exported network answers without it."""
    if name in _OF_TORCH:
        return getattr(import_module(f".{_OF_TORCH[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
