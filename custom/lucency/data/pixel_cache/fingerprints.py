"""By what a file is known again: a key that changes when the file does."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...files import sha256_of

Fingerprint = Literal["stat", "sha256"]
Keys = NDArray[np.uint64]
"""(n, 2), 128 bits a file."""

KEY_BYTES = 16


def file_keys(files: Sequence[str], fingerprint: Fingerprint = "stat") -> tuple[Keys, NDArray[np.bool_]]:
    """Keys of files in the state that they are in now.

    Args:
        files: paths; relative ones start from the working directory.
        fingerprint: "stat" for absolute path, size in bytes and time of the last change in nanoseconds; "sha256" for
            the content alone, for which every file is read, so that moved and copied files keep their key and a change
            that leaves size and time is seen.

    Returns:
        Keys (n, 2), and whether each file is there; the key of one that is not is 0.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a"
        >>> _ = path.write_text("one")
        >>> before, _ = file_keys([str(path)])
        >>> _ = path.write_text("three")
        >>> bool((file_keys([str(path)])[0] == before).all()), file_keys(["absent"])[1].tolist()
        (False, [False])
    """
    describe = _content if fingerprint == "sha256" else _state
    here = os.getcwd()
    digests = bytearray(KEY_BYTES * len(files))
    there = np.ones(len(files), bool)
    for place, file in enumerate(files):
        try:
            text = describe(file if file[:1] == "/" else os.path.join(here, file))
        except OSError:
            there[place] = False
            continue
        digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=KEY_BYTES).digest()
        digests[KEY_BYTES * place : KEY_BYTES * (place + 1)] = digest
    return np.frombuffer(bytes(digests), "<u8").reshape(-1, 2), there


def _state(path: str) -> str:
    status = os.stat(path)
    return f"{path}\0{status.st_size}\0{status.st_mtime_ns}"


def _content(path: str) -> str:
    return f"sha256\0{sha256_of(Path(path))}"
