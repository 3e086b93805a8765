"""The same figures from the queue that the node really has."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lucency.node.jobs import Arrival, Kind
from lucency.node.operations.metrics import NodeMetrics
from lucency.node.operations.page import draw_page
from lucency.node.operations.status import NodeStatus
from lucency.node.queue import open_queue
from lucency.node.queue.protocol import JobQueue
from lucency.node.settings import NodeSettings, node_settings
from node.operations.fakes import FakeNode


@pytest.fixture
def settings(tmp_path: Path) -> NodeSettings:
    return node_settings({"bundle": "b", "state": str(tmp_path), "pacs": "PACS@127.0.0.1:4242"})


@pytest.fixture
def queue(settings: NodeSettings) -> Iterator[JobQueue]:
    queue = open_queue(settings)
    for i in range(5):
        queue.put(Arrival(f"1.2.826.0.1.{i}", "1.2.840.10008.5.1.4.1.1.1", "MUELLERS_CR", f"objects/{i}.dcm", "r"))
    first, second, third, _ = queue.claim("work", "worker", 60, limit=4)
    queue.built(first, ["reports/1/1-report.dcm"], "r", "d1")
    queue.skipped(second, Kind.REFUSED_BY_GUARD, "lateral of MUELLER^ANNA")
    queue.dead(third, Kind.UNREADABLE, "MUELLER^ANNA")
    (delivery,) = queue.claim("delivery", "courier", 60)
    queue.sent(delivery)
    yield queue
    queue.close()


def test_health_metrics_and_page_agree(settings: NodeSettings, queue: JobQueue) -> None:
    node = FakeNode()
    status = NodeStatus(queue, node, node, node, settings, {"name": "cxr_finding", "version": "1"})
    health = status.health()
    assert health["jobs"] == {"queued": 1, "running": 1, "built": 0, "sent": 1, "skipped": 1, "dead": 1}
    assert health["reasons"] == {"skipped": {"refused_by_guard": 1}, "dead": {"unreadable": 1}}
    assert status.readiness() == []

    metrics = NodeMetrics()
    metrics.watch(queue, node)
    text = metrics.exposition().decode()
    for state, count in health["jobs"].items():
        assert f'lucency_node_jobs{{state="{state}"}} {count}.0' in text
    assert 'lucency_node_turnaround_seconds{quantile="0.99"}' in text

    page = draw_page(status)
    assert re.findall(r'<th scope="row">(\d+)</th>', page) == ["5", "4", "3", "2", "1"]
    assert not re.search(r"MUELLER|1\.2\.826", text + page + str(health))
