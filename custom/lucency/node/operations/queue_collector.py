"""What Prometheus is told of the queue and the disk, read when it asks."""

import logging
import time
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ..jobs import State
from ..queue.protocol import JobQueue

log = logging.getLogger("lucency.node")

WAITING = (State.QUEUED, State.RUNNING, State.BUILT)
"""States from which a job has still to be answered."""

LATEST = 2_000
"""Jobs that are looked at for figures of the recent past."""

HOUR = 3_600.0
MEGABYTE = 1_000_000
QUANTILES = (0.5, 0.9, 0.99)


class FreeSpace(Protocol):
    """A disk, as `lucency.node.storage.Storage` is one."""

    def free_mb(self) -> float:
        """Free space in megabytes."""


class QueueCollector(Collector):
    """Gauges of the queue; if it cannot be read, only ``lucency_node_queue_up 0`` and the disk are told.

    Over a shared queue every node tells the same figures: aggregate them with ``max``, not with ``sum``.

    Args:
        queue: of this node, or shared.
        storage: whose disk is told.
    """

    def __init__(self, queue: JobQueue, storage: FreeSpace) -> None:
        self._queue = queue
        self._storage = storage

    def collect(self) -> Iterator[Metric]:
        """Read them now."""
        try:
            families = self._of_queue()
        except Exception:  # a lost database is what the scrape has to tell, not to die of
            log.warning("queue_unreachable", exc_info=True)
            families = []
        yield GaugeMetricFamily("lucency_node_queue_up", "Whether the queue can be read", value=float(bool(families)))
        yield from families
        try:
            free = self._storage.free_mb() * MEGABYTE
        except OSError:
            log.warning("storage_unreachable", exc_info=True)
        else:
            yield GaugeMetricFamily("lucency_node_free_disk_bytes", "Free space for objects and results", value=free)

    def _of_queue(self) -> list[Metric]:
        jobs = GaugeMetricFamily("lucency_node_jobs", "Jobs in each state", labels=["state"])
        for state, count in self._queue.counts().items():
            jobs.add_metric([state.value], count)
        kinds = GaugeMetricFamily(
            "lucency_node_jobs_by_kind", "Skipped, dead and retried jobs by what befell them", labels=["state", "kind"]
        )
        for (state, kind), count in self._queue.kinds().items():
            kinds.add_metric([state.value, kind.value], count)
        oldest = GaugeMetricFamily("lucency_node_oldest_waiting_seconds", "Age of the oldest object without an answer")
        oldest.add_metric([], oldest_waiting_s(self._queue) or 0.0)
        turnaround = GaugeMetricFamily(
            "lucency_node_turnaround_seconds",
            "From reception to delivery, of jobs sent within the last hour",
            labels=["quantile"],
        )
        seconds = _turnarounds(self._queue)
        if seconds:
            for quantile, value in zip(QUANTILES, np.quantile(seconds, QUANTILES), strict=True):
                turnaround.add_metric([str(quantile)], float(value))
        return [jobs, kinds, oldest, turnaround]


def oldest_waiting_s(queue: JobQueue) -> float | None:
    """Age in seconds of the oldest object that has no answer yet; ``None`` if all have one."""
    moments = [moment for state in WAITING if (moment := queue.oldest(state)) is not None]
    return max(0.0, time.time() - min(moments)) if moments else None


def _turnarounds(queue: JobQueue) -> list[float]:
    since = time.time() - HOUR
    sent = queue.jobs(State.SENT, limit=LATEST)
    return [job.finished - job.received for job in sent if job.finished is not None and job.finished >= since]
