"""What a node tidies up: leftovers of a kill when it starts, finished objects and old results while it runs."""

import logging
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from .jobs import State
from .queue.protocol import JobQueue
from .storage import Storage

log = logging.getLogger("lucency.node")

DAY = 86_400.0
YOUNG = 3_600.0
"""Seconds for which a file that no job refers to is left alone: another node may be about to enter it."""
_ENDS = (State.SENT, State.SKIPPED, State.DEAD)


class Housekeeping:
    """A thread that removes what nobody needs any more.

    Args:
        queue: says what is needed.
        storage: holds it.
        keep_days: how long results that were sent are kept.
        every_s: seconds between two rounds.
    """

    def __init__(self, queue: JobQueue, storage: Storage, keep_days: float, every_s: float = 600) -> None:
        self._queue = queue
        self._storage = storage
        self._keep_s = keep_days * DAY
        self._every_s = every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being removed."""
        self._ended.set()
        self._thread.join(timeout=30)

    def tidy(self) -> int:
        """Remove results that are past their time, and whatever no job refers to; how many."""
        return self._old_results() + self._lost_objects() + self._lost_results() + self._half_received()

    def _old_results(self) -> int:
        removed = 0
        while jobs := self._queue.expired(time.time() - self._keep_s):
            for job in jobs:
                self._storage.withdraw(job.name)
                self._queue.clear_products(job.id)
            removed += len(jobs)
        return removed

    def _lost_objects(self) -> int:
        """Remove objects that were moved into place when a kill came before their entry: nobody was told of them."""
        if not (old := list(_old(self._storage.objects.glob("*/*")))):
            return 0
        needed = self._queue.paths()
        lost = [file for file in old if str(file.relative_to(self._storage.root)) not in needed]
        for file in lost:
            file.unlink(missing_ok=True)
        return len(lost)

    def _lost_results(self) -> int:
        """Remove results of which a kill came before the queue was told, and whose job is gone or has none."""
        lost = 0
        for folder in _old(self._storage.reports.iterdir()):
            number = folder.name.partition("-")[0]
            job = self._queue.get(int(number)) if number.isdigit() else None
            if job is None or job.name != folder.name or (job.state in _ENDS and not job.products):
                shutil.rmtree(folder, ignore_errors=True)
                lost += 1
        return lost

    def _half_received(self) -> int:
        """Remove what was being received, by this node or one of its fellows, when a kill came."""
        lost = list(_old(self._storage.incoming.parent.glob("*/*")))
        for file in lost:
            file.unlink(missing_ok=True)
        return len(lost)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                if removed := self.tidy():
                    log.info("tidied", extra={"count": removed})
            except Exception:  # a full disk or a lost database must not end the thread that would make space
                log.exception("tidying_failed")
            self._ended.wait(self._every_s)


def _old(paths: Iterable[Path]) -> Iterator[Path]:
    before = time.time() - YOUNG
    for path in paths:
        with suppress(FileNotFoundError):  # somebody was faster
            if path.stat().st_mtime < before:
                yield path
