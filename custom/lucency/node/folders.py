"""Folders that a setting names, made or found before anything is written into them."""

import errno
import os
from pathlib import Path

from ..errors import ConfigError


def writable_folder(setting: str, path: Path, mode: int = 0o777) -> Path:
    """Make a folder, or see that it can be written.

    Args:
        setting: named in errors.
        path: of the folder.
        mode: of a folder that is made.

    Raises:
        ConfigError: it cannot be made, or not be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=mode)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise ConfigError(f"{setting}: {path}: cannot be written ({error.strerror}); give another folder") from error
    return path
