"""Folders that appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ConfigError, LucencyError


@contextmanager
def appearing_folder(path: Path) -> Iterator[Path]:
    """A folder of the same name to fill, moved to its place when the block ends well.

    Args:
        path: final place, absent or an empty folder.

    Raises:
        LucencyError: it is there already, or cannot be written.

    Example:
        >>> path = Path(tempfile.mkdtemp()) / "bundle"
        >>> with appearing_folder(path) as folder:
        ...     _ = (folder / "LICENSE").write_text("Apache-2.0")
        ...     path.exists()
        False
        >>> [file.name for file in path.iterdir()]
        ['LICENSE']
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ConfigError(f"{path}: is there already; remove it or choose another --out")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".work-") as workshop:
            folder = Path(workshop) / path.name
            folder.mkdir()
            yield folder
            os.replace(folder, path)
    except OSError as error:
        raise LucencyError(f"{path}: cannot be made ({error}); free space or choose another folder") from error
