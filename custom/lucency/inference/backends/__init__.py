"""One network, several ways of computing it: exported once, checked against PyTorch, chosen by name."""

from typing import TYPE_CHECKING

from ...lazy import imported_on_use
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

# What needs PyTorch is imported on first use: an exported network answers without it
__getattr__ = imported_on_use(
    __name__,
    {
        "RUNTIMES": "runtimes",
        "Backend": "backend",
        "Runtime": "runtime",
        "export_network": "export",
        "runtime_named": "runtimes",
    },
)
