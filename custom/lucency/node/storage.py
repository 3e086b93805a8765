"""The files of a node: objects that wait, results that were made, what a kill left half done."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEGABYTE = 1_000_000


class Storage:
    """Folders below one root, which several nodes may share.

    ``incoming/NODE/`` holds what is being received, ``objects/`` what was acknowledged, ``reports/JOB/`` what is to be
    sent, ``verdicts/`` judgements of readers. Paths in the queue are relative to the root.

    Args:
        root: made if it is not there.
        node: name of this node; tells its half-received files from those of others.
    """

    def __init__(self, root: str | Path, node: str) -> None:
        self.root = Path(root)
        self.incoming = self.root / "incoming" / node
        self.objects = self.root / "objects"
        self.reports = self.root / "reports"
        self.verdicts = self.root / "verdicts"
        for folder in (self.incoming, self.objects, self.reports, self.verdicts):
            folder.mkdir(parents=True, exist_ok=True)

    def keep(self, received: Path) -> str:
        """Move a received file among the objects; when this returns, a power cut does not lose it.

        Returns:
            Its path relative to the root.
        """
        name = f"{uuid.uuid4().hex}.dcm"
        target = self.objects / name[:2] / name
        if not target.parent.is_dir():
            target.parent.mkdir(exist_ok=True)
            sync(self.objects)
        sync(received)
        os.replace(received, target)
        sync(target.parent)
        return str(target.relative_to(self.root))

    def remove(self, path: str) -> None:
        """Remove an object; it is no error if it is gone."""
        if path:
            (self.root / path).unlink(missing_ok=True)

    @contextmanager
    def publication(self, name: str) -> Iterator[Path]:
        """Give an empty folder whose files become the products of a job (`Job.name`), all of them or none.

        The first publication of a job stands: files of another one are thrown away, so that what was sent once is sent
        again byte by byte.
        """
        building = self.reports / f".{name}.{uuid.uuid4().hex}"
        building.mkdir()
        try:
            yield building
            for file in (*building.iterdir(), building):
                sync(file)
            if not self.published(name):
                try:
                    os.rename(building, self.reports / name)
                except OSError:
                    if not self.published(name):  # else another was first
                        raise
            sync(self.reports)
        finally:
            shutil.rmtree(building, ignore_errors=True)

    def published(self, name: str) -> tuple[str, ...]:
        """Products of a job, in the order of their names, relative to the root; none before its publication."""
        folder = self.reports / name
        return tuple(sorted(str(file.relative_to(self.root)) for file in folder.glob("*"))) if folder.is_dir() else ()

    def withdraw(self, name: str) -> None:
        """Remove the products of a job."""
        shutil.rmtree(self.reports / name, ignore_errors=True)

    def free_mb(self) -> float:
        """Free space in megabytes."""
        return shutil.disk_usage(self.root).free / MEGABYTE


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's entries, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
