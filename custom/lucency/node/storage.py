"""The files of a node: objects that wait, results that were made, what a kill left half done."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ConfigError
from ..files import sync, write_atomically

MEGABYTE = 1_000_000


class Storage:
    """Folders below one root, which several nodes may share.

    ``incoming/NODE/`` holds what is being received, ``objects/`` what was acknowledged, ``reports/JOB/`` what is to be
    sent, ``verdicts/`` judgements of readers. Paths in the queue are relative to the root.

    Args:
        root: of all folders.
        node: name of this node; tells its half-received files from those of others.
        make: make the folders that are not there. A child process does not: its node has made them, and where they are
            gone, empty ones below the mount point of a share that is away would make every file look lost.
    """

    def __init__(self, root: str | Path, node: str, *, make: bool = True) -> None:
        self.root = Path(root)
        self.incoming = self.root / "incoming" / node
        self.objects = self.root / "objects"
        self.reports = self.root / "reports"
        self.verdicts = self.root / "verdicts"
        for folder in (self.incoming, self.objects, self.reports, self.verdicts) if make else ():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # patients' data, whoever may look into the root

    @property
    def is_there(self) -> bool:
        """Whether the folders can be seen; not, while a shared one is not mounted or its server is away."""
        try:
            return self.objects.is_dir()
        except OSError:
            return False

    def belong_to(self, queue: str, *, needed: bool) -> None:
        """Tie the files to the queue that knows them; housekeeping would remove those of another as nobody's.

        Args:
            queue: its identity.
            needed: whether it has jobs that refer to files.

        Raises:
            ConfigError: the files are another queue's, or the queue's files are not here.
        """
        mark = self.root / "queue-id"
        if mark.is_file():
            if mark.read_text().strip() != queue:
                raise ConfigError(
                    f"{self.root}: its files belong to another queue; give that, restore it, or another folder"
                )
            return
        if any(self.objects.glob("*/*")) or any(self.reports.iterdir()):
            raise ConfigError(f"{self.root}: holds files of a queue that is not known; give another folder")
        if needed:
            raise ConfigError(
                f"{self.root}: the files of the queue are not here; mount them, or, if they are lost, "
                f"write {queue} into {mark}"
            )
        write_atomically(mark, queue)

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
