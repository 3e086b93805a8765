"""One network, several ways of computing it: exported once, checked against PyTorch, chosen by name."""

from .backend import Backend
from .export import export_network
from .precision import BOUNDS, Precision
from .record import Export, Exports, read_exports
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
