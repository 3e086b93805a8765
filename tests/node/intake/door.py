"""A node's intake, without network before it and workers behind it."""

from pathlib import Path
from typing import Any

from lucency.node.intake import Intake
from lucency.node.jobs import Job, Reception
from lucency.node.queue import open_queue
from lucency.node.settings import node_settings
from lucency.node.storage import Storage

RECIPE = "recipe"


class NoMetrics:
    """Counts nothing."""

    def reception(self, reception: Reception) -> None:
        """An object was taken in."""

    def refused(self, reason: str) -> None:
        """An object was refused."""


class Door:
    """Queue, storage and intake of a node.

    Args:
        folder: of its state.
        values: settings.
    """

    def __init__(self, folder: Path, **values: Any) -> None:
        defaults = {"bundle": "b", "pacs": "PACS@127.0.0.1:104", "min_free_mb": 0}
        self.settings = node_settings(defaults | {"state": folder} | values)
        self.queue = open_queue(self.settings)
        self.storage = Storage(self.settings.storage_root, "test")
        self.intake = Intake(self.queue, self.storage, RECIPE, self.settings, NoMetrics())

    def jobs(self) -> list[Job]:
        """Jobs in order of arrival."""
        return self.queue.jobs()[::-1]

    def objects(self) -> list[bytes]:
        """What was kept of each job."""
        return [(self.storage.root / job.path).read_bytes() for job in self.jobs()]

    def left_behind(self) -> list[Path]:
        """Half-received files."""
        return list(self.storage.incoming.iterdir())
