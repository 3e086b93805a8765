"""The folder of one node: its name, its lock, its queue; what is left of it after a kill is where it goes on."""

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ConfigError
from ..files import write_atomically
from .folders import writable_folder


class StateFolder:
    """A node's own folder; it holds patient data, so only its owner can read it.

    Args:
        path: made if it is not there.

    Raises:
        ConfigError: it cannot be made, or not be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = writable_folder("state", Path(path), 0o700)

    @property
    def database(self) -> Path:
        """File of the embedded queue."""
        return self.path / "node.db"

    @property
    def node(self) -> str:
        """Name of the node, made once; leases and half-received files bear it."""
        file = self.path / "node-id"
        if not file.is_file():
            write_atomically(file, uuid.uuid4().hex[:12])
        return file.read_text().strip()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only node of this folder; the lock goes with the process, however that ends.

        Raises:
            ConfigError: another node runs here.
        """
        handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ConfigError(
                    f"{self.path}: another node runs on this folder; stop it, or give another --state"
                ) from error
            yield
        finally:
            os.close(handle)
