"""A package for hosts that refuse bundles with code: stock MONAI and the network as TorchScript."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...files import write_atomically
from .configurations import Configuration, written
from .requirements import installed

KEPT = ("LICENSE", "configs", "docs", "models")
PACKAGES = ("pytorch-ignite", "pillow", "fire")
"""What the workflow of `portable_configuration` needs beside MONAI, PyTorch and NumPy."""


def remove_code(folder: Path, metadata: Mapping[str, Any], portable: Configuration) -> Configuration:
    """Leave of a package only what needs no code of its own.

    Args:
        folder: of the package.
        metadata: of the package.
        portable: becomes its inference workflow.

    Returns:
        Metadata of what is left, written already.
    """
    for path in [*folder.iterdir(), *(folder / "configs").iterdir()]:
        if path.name in (*KEPT, "logging.conf"):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    content = {**metadata, "required_packages_version": {name: installed(name) for name in PACKAGES}}
    write_atomically(folder / "configs" / "inference.json", written(portable))
    write_atomically(folder / "configs" / "metadata.json", written(content))
    return content
