"""A node's intake, without network before it and workers behind it."""

import threading
import time
from pathlib import Path
from typing import Any

from lucency.node.intake import Intake
from lucency.node.jobs import Job, Reception
from lucency.node.queue import open_queue
from lucency.node.storage import Storage
from node.intake.intake_parts import CR, Memory, settings_of

RECIPE = "recipe"


class Door:
    """Queue, storage and intake of a node.

    Args:
        folder: above its state.
        values: settings.
    """

    def __init__(self, folder: Path, **values: Any) -> None:
        self.settings = settings_of(folder, **values)
        self.queue = open_queue(self.settings)
        self.storage = Storage(self.settings.storage_root, "n1")
        self.metrics = Memory()
        self.intake = Intake(self.queue, self.storage, RECIPE, self.settings, self.metrics)

    def take(self, uid: str, content: bytes = b"image", sop_class: str = CR) -> Reception:
        """Bring an object as a service does."""
        received = self.storage.incoming / f"{threading.get_ident()}-{time.monotonic_ns()}.dcm"
        received.write_bytes(content)
        try:
            return self.intake.take(received, sop_instance_uid=uid, sop_class_uid=sop_class, sender="CR1")
        finally:
            assert not received.exists()

    def jobs(self) -> list[Job]:
        """Jobs in order of arrival."""
        return self.queue.jobs()[::-1]

    def objects(self) -> list[bytes]:
        """What was kept of each job."""
        return [(self.storage.root / job.path).read_bytes() for job in self.jobs()]

    def kept(self) -> set[str]:
        """Files of objects, relative to the storage."""
        return {str(file.relative_to(self.storage.root)) for file in self.storage.objects.rglob("*.dcm")}

    def incoming(self) -> list[Path]:
        """Half-received files."""
        return list(self.storage.incoming.iterdir())
