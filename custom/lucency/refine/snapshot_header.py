"""Which snapshots of a store count."""

import json
import os
from pathlib import Path
from typing import Any

from ..errors import LucencyError
from ..files import write_atomically

Snapshot = dict[str, int]  # step, and the slot it lies in


class SnapshotHeader:
    """`snapshots.json`: complete snapshots, and the one being written; always read anew, so that processes agree.

    Args:
        folder: of the store.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "snapshots.json"

    def exists(self) -> bool:
        """Whether the store was made whole; it is written last."""
        return self.path.is_file()

    def complete(self) -> list[Snapshot]:
        """Complete snapshots, oldest first."""
        complete: list[Snapshot] = read_json(self.path)["complete"]
        return complete

    def slot_of(self, step: int) -> int:
        """Slot of the snapshot being written.

        Raises:
            LucencyError: it is another one, or none.
        """
        writing: Snapshot | None = read_json(self.path)["writing"]
        if writing is None or writing["step"] != step:
            raise LucencyError(f"{self.path}: snapshot {step} was not begun; call begin({step}) in one process first")
        return writing["slot"]

    def save(self, complete: list[Snapshot], writing: Snapshot | None = None) -> None:
        """Say what counts from now on."""
        write_atomically(self.path, json.dumps({"complete": complete, "writing": writing}) + "\n")
        descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # or a power cut could bring back a header that counts an overwritten snapshot
        finally:
            os.close(descriptor)


def read_json(path: Path) -> dict[str, Any]:
    """Content of a file of the store.

    Raises:
        LucencyError: the file is gone or damaged.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LucencyError(f"{path}: cannot be read ({error}); delete the folder, and train again") from error
    return content
