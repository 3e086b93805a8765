"""Appending rows to a pixel cache."""

import fcntl
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from ...errors import LucencyError
from ...files import first_few
from .build_rows import Pixels
from .cache_folder import CacheFolder
from .fingerprints import KEY_BYTES, Fingerprint, file_keys
from .key_index import KeyIndex
from .settings import PixelSettings

_LOG = logging.getLogger("lucency")


class PixelCacheWriter:
    """The one writer of a cache: finds what is missing, appends rows, and makes them count.

    It holds a lock from its making to its end; another writer, in whatever process, waits for it. The lock goes with
    the process, however that ends. Rows are only ever appended: a file that changed gets another row, so that those who
    read meanwhile are not disturbed.

    Args:
        folder: where caches lie; each setting has its own folder in it.
        settings: what rows follow from.
        fingerprint: by what files are known again; see `file_keys`.

    Raises:
        LucencyError: the folder cannot be written, or holds a damaged cache.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> from .build_rows import build_rows
        >>> folder, settings = tempfile.mkdtemp(), PixelSettings(2)
        >>> Image.fromarray(np.eye(2, dtype=np.uint8)).save(f"{folder}/a.png")
        >>> with PixelCacheWriter(folder, settings) as writer:
        ...     todo = writer.missing([f"{folder}/a.png"])
        ...     writer.write(todo, build_rows(todo, settings)[0])
        ...     writer.commit()
        ...     writer.rows, writer.missing([f"{folder}/a.png"])
        (1, [])
    """

    def __init__(self, folder: str | Path, settings: PixelSettings, *, fingerprint: Fingerprint = "stat") -> None:
        self.folder = CacheFolder.of(folder, settings)
        self.settings = settings
        self.fingerprint = fingerprint
        self._known: dict[str, bytes] = {}
        self._index: KeyIndex | None = None
        self._handles: list[int] = []
        try:
            self.folder.path.mkdir(parents=True, exist_ok=True)
            self._handles.append(lock := self._open("lock"))
            self._wait(lock)
            self.rows = self.folder.rows()
            self._pixels, self._keys = self._open("pixels.bin"), self._open("keys.bin")
            self._handles += [self._pixels, self._keys]
            os.ftruncate(self._pixels, self.rows * settings.row_bytes)
            os.ftruncate(self._keys, self.rows * KEY_BYTES)
        except OSError as error:
            self.close()
            raise self._unwritable(error) from error
        except BaseException:
            self.close()
            raise
        self._counted = self.rows

    def missing(self, files: Sequence[str]) -> list[str]:
        """Those of `files` that have no row in their present state, in their order; of files with one key, the first.

        Their state is taken now: a file that changes before it is read is found missing again next time. A file that is
        not there is missing too.
        """
        keys, there = file_keys(files, self.fingerprint)
        if self._index is None:
            self._index = KeyIndex(np.fromfile(self.folder.keys, "<u8").reshape(-1, 2)[: self._counted])
        absent: dict[bytes | str, str] = {}
        for place in np.flatnonzero(self._index.find(keys) < 0).tolist():
            file, key = files[place], keys[place].tobytes()
            if there[place] and absent.setdefault(key, file) == file:
                self._known[file] = key
            elif not there[place]:
                absent.setdefault(file, file)
        return list(absent.values())

    def write(self, files: Sequence[str], pixels: Pixels) -> None:
        """Append one row for each file; readers do not see them before `commit`.

        Args:
            files: some of those that `missing` gave.
            pixels: (n, 1, S, S) of `settings.dtype`.

        Raises:
            LucencyError: a file that `missing` did not give or found absent, pixels of another form, a full disk.
        """
        if unknown := [file for file in files if file not in self._known]:
            raise LucencyError(
                f"{first_few(unknown)}: is not among the missing files that were there; ask missing() first"
            )
        if pixels.shape != (len(files), *self.settings.shape) or pixels.dtype != self.settings.dtype:
            expected = f"{(len(files), *self.settings.shape)} {self.settings.dtype}"
            raise LucencyError(f"{self.folder.path}: rows are {pixels.shape} {pixels.dtype}, not {expected}")
        if not files:
            return
        keys = b"".join(self._known[file] for file in files)
        try:
            _write(self._pixels, np.ascontiguousarray(pixels).data.cast("B"), self.rows * self.settings.row_bytes)
            _write(self._keys, memoryview(keys), self.rows * KEY_BYTES)
        except OSError as error:
            raise self._unwritable(error) from error
        for file in files:
            del self._known[file]
        self.rows += len(files)

    def commit(self) -> None:
        """Bring what was written to disk and make it count."""
        if self.rows == self._counted and self.folder.record.exists():
            return
        try:
            os.fsync(self._pixels)
            os.fsync(self._keys)
        except OSError as error:
            raise self._unwritable(error) from error
        self.folder.set_rows(self.rows)
        self._counted, self._index = self.rows, None

    def close(self) -> None:
        """Let the next writer in; what was written since the last `commit` does not count."""
        if self._handles:
            fcntl.flock(self._handles[0], fcntl.LOCK_UN)  # a forked child may hold a copy of the handle
        while self._handles:
            os.close(self._handles.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.commit()
        finally:
            self.close()

    def _open(self, name: str) -> int:
        return os.open(self.folder.path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def _wait(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _LOG.warning("%s: another process is building this cache; waiting for it", self.folder.path)
            fcntl.flock(lock, fcntl.LOCK_EX)

    def _unwritable(self, error: OSError) -> LucencyError:
        return LucencyError(
            f"{self.folder.path}: cannot be written ({error.strerror or error}); free space or choose another folder"
        )


def _write(handle: int, content: memoryview, offset: int) -> None:
    while content:
        done = os.pwrite(handle, content, offset)
        content, offset = content[done:], offset + done
