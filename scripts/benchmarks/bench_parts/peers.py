"""The packages that users would pick instead: benchmarks compare with those that are installed, and name the others."""

import importlib
from types import ModuleType

from .machine import installed


def peer(module: str, package: str | None = None) -> ModuleType | None:
    """Import what a comparison needs, or print what to install and return None."""
    package = package or module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        print(f"{package} is no peer here: {error}. To compare with it: pip install {package}")
        return None


def named(package: str, how: str = "") -> str:
    """A peer as it stands in the table, such as "torchxrayvision 1.5.7, cv2"."""
    return ", ".join(filter(None, (f"{package} {installed(package) or ''}".strip(), how)))
