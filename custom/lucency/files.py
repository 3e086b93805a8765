"""Writing files so that a full disk or a killed process never leaves half a file under the final name."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .errors import LucencyError


def write_atomically(path: str | Path, content: bytes | str) -> Path:
    """Write `content` to a temporary neighbour, flush it to disk, then rename it over `path`.

    Args:
        path: final name; missing parent folders are made.
        content: bytes, or text to be encoded as UTF-8.

    Returns:
        `path` as a `Path`.

    Raises:
        LucencyError: the file cannot be written (disk full, no permission); what stood under `path` is untouched.

    Example:
        >>> import tempfile
        >>> write_atomically(f"{tempfile.mkdtemp()}/a/b.txt", "text").read_text()
        'text'
    """
    path = Path(path)
    data = content.encode() if isinstance(content, str) else content
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes private files; results are to be shared
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise LucencyError(
            f"{path}: cannot be written ({error.strerror or error}); free space or choose another folder"
        ) from error
    return path


def first_few(items: Sequence[object], limit: int = 3) -> str:
    """Name the first offenders and count the rest, for one-line errors.

    Example:
        >>> first_few(["a", "b", "c", "d", "e"])
        'a, b, c and 2 more'
    """
    named = ", ".join(str(item) for item in items[:limit])
    return named if len(items) <= limit else f"{named} and {len(items) - limit} more"


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
