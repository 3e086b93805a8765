"""What a node tidies up: leftovers of a kill when it starts, finished objects and old results while it runs."""

import logging
import threading
import time

from .queue.protocol import JobQueue
from .storage import Storage

log = logging.getLogger("lucency.node")

DAY = 86_400.0
YOUNG = 3_600.0
"""Seconds for which an object that no job refers to is left alone: another node may be about to enter it."""


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
        """Remove results that are past their time and objects that no job refers to; how many of both."""
        return self._old_results() + self._orphans()

    def _old_results(self) -> int:
        removed = 0
        while jobs := self._queue.expired(time.time() - self._keep_s):
            for job in jobs:
                self._storage.withdraw(job.id)
                self._queue.clear_products(job.id)
            removed += len(jobs)
        return removed

    def _orphans(self) -> int:
        """Remove objects that were moved into place when a kill came before their entry: nobody was told of them."""
        before = time.time() - YOUNG
        old = [file for file in self._storage.objects.glob("*/*") if file.stat().st_mtime < before]
        if not old:
            return 0
        needed = self._queue.paths()
        orphans = [file for file in old if str(file.relative_to(self._storage.root)) not in needed]
        for file in orphans:
            file.unlink(missing_ok=True)
        return len(orphans)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                if removed := self.tidy():
                    log.info("tidied", extra={"count": removed})
            except Exception:  # a full disk or a lost database must not end the thread that would make space
                log.exception("tidying_failed")
            self._ended.wait(self._every_s)
