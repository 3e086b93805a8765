"""Metrics of a node in Prometheus' text format; labels are words of the node's code, never of a data set."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from ... import __version__
from ..jobs import Reception
from ..queue.protocol import JobQueue
from .queue_collector import FreeSpace, QueueCollector
from .words import word_or

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

ACKNOWLEDGEMENT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class NodeMetrics:
    """Counters of this process, and what is read from the queue at each scrape.

    It has a registry of its own, so that several nodes, or tests, fit into one process. The methods may be called from
    any thread.

    Example:
        >>> metrics = NodeMetrics()
        >>> metrics.reception(Reception.TAKEN)
        >>> metrics.refused("disk")
        >>> 'lucency_node_refused_total{reason="disk"} 1.0' in metrics.exposition().decode()
        True
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._received = Counter(
            "lucency_node_received",
            "Objects acknowledged, by what became of them",
            ["reception"],
            registry=self.registry,
        )
        self._refused = Counter(
            "lucency_node_refused", "Objects answered out of resources", ["reason"], registry=self.registry
        )
        self._associations = Counter(
            "lucency_node_associations", "DICOM associations asked for", ["outcome"], registry=self.registry
        )
        self._acknowledged = Histogram(
            "lucency_node_acknowledgement_seconds",
            "From the last byte of an object to its answer",
            buckets=ACKNOWLEDGEMENT_BUCKETS,
            registry=self.registry,
        )
        for reception in Reception:  # a rate needs its zero before the first event
            self._received.labels(reception.value)
        build = Gauge("lucency_node_build_info", "Version of the node", ["version"], registry=self.registry)
        build.labels(__version__).set(1)
        ProcessCollector(namespace="lucency_node", registry=self.registry)

    def reception(self, reception: Reception) -> None:
        """Count an object that was acknowledged."""
        self._received.labels(reception.value).inc()

    def refused(self, reason: str) -> None:
        """Count an object that was turned away: ``queue``, ``disk`` or ``stopping``."""
        self._refused.labels(word_or(reason, "other")).inc()

    def acknowledged(self, seconds: float) -> None:
        """Note how long an answer took."""
        self._acknowledged.observe(seconds)

    def association(self, outcome: str) -> None:
        """Count an association by a word for its outcome."""
        self._associations.labels(word_or(outcome, "other")).inc()

    def watch(self, queue: JobQueue, storage: FreeSpace) -> None:
        """Tell of a queue and a disk, too; call it once."""
        self.registry.register(QueueCollector(queue, storage))

    def exposition(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)
