"""Writing files so that a full disk or a killed process never leaves half a file under the final name."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .errors import LucencyError


@contextmanager
def atomic_file(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a temporary neighbour of `path` for writing; flush it to disk and rename it over `path` at the end.

    Args:
        path: final name; missing parent folders are made.

    Raises:
        LucencyError: the file cannot be written (disk full, no permission); what stood under `path` is untouched.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "rows.txt"
        >>> with atomic_file(path) as file:
        ...     _ = file.write(b"row")
        >>> path.read_text()
        'row'
    """
    path = Path(path)
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # a short name: one of 255 bytes could not grow
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:16]}.")
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        share(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise LucencyError(
            f"{path}: cannot be written ({error.strerror or error}); free space or choose another folder"
        ) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def write_atomically(path: str | Path, content: bytes | str) -> Path:
    """Write `content` whole, or not at all: `atomic_file` says how.

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
    with atomic_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return Path(path)


def share(path: str | Path) -> None:
    """Let others read a file as they may read any other one that this user makes; some libraries make private ones."""
    os.chmod(path, 0o666 & ~_umask())


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's entries, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def stamp_of(path: Path) -> str:
    """What changes with a file's content, and when another file takes its place: device, inode, size, both times."""
    status = path.stat()
    return ":".join(
        str(part) for part in (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    )


def sha256_of(path: Path, known: Mapping[str, str] | None = None) -> str:
    """SHA-256 of a file's content, in hexadecimal; the file is not held in memory.

    Args:
        path: of the file.
        known: digests of files by `stamp_of`; one that has not been touched since is not read again.

    Example:
        >>> import tempfile
        >>> sha256_of(write_atomically(f"{tempfile.mkdtemp()}/empty", ""))[:8]
        'e3b0c442'
    """
    if known and (digest := known.get(stamp_of(path))):
        return digest
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
