import threading

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from lucency.node.jobs import Kind, Reception, State
from lucency.node.operations.metrics import NodeMetrics
from node.operations.fakes import FakeNode, FakeQueue, job

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(metrics: NodeMetrics) -> Samples:
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def test_events_are_counted() -> None:
    metrics = NodeMetrics()
    for _ in range(3):
        metrics.reception(Reception.TAKEN)
    metrics.refused("disk")
    metrics.association("accepted")
    metrics.acknowledged(0.02)
    metrics.acknowledged(3)
    samples = scrape(metrics)
    assert value(samples, "lucency_node_received_total", reception="taken") == 3
    assert value(samples, "lucency_node_received_total", reception="known") == 0
    assert value(samples, "lucency_node_refused_total", reason="disk") == 1
    assert value(samples, "lucency_node_associations_total", outcome="accepted") == 1
    assert value(samples, "lucency_node_acknowledgement_seconds_count") == 2
    assert value(samples, "lucency_node_acknowledgement_seconds_sum") == pytest.approx(3.02)
    assert value(samples, "lucency_node_acknowledgement_seconds_bucket", le="0.025") == 1


def test_labels_cannot_name_anybody() -> None:
    metrics = NodeMetrics()
    metrics.association("MUELLER^ANNA")
    metrics.refused("1.2.840.1")
    text = metrics.exposition().decode()
    assert "MUELLER" not in text
    assert "1.2.840" not in text
    assert 'outcome="other"' in text


def test_all_names_are_ours() -> None:
    metrics = NodeMetrics()
    metrics.watch(FakeQueue(), FakeNode())
    assert {name.startswith("lucency_node_") for name, _ in scrape(metrics)} == {True}


def test_the_queue_is_read_at_each_scrape() -> None:
    queue = FakeQueue(job(1, State.QUEUED, age=500), job(2, State.BUILT, age=30), job(3, State.DEAD, kind=Kind.CRASHED))
    metrics = NodeMetrics()
    metrics.watch(queue, FakeNode(free=1_234.5))
    samples = scrape(metrics)
    assert [value(samples, "lucency_node_jobs", state=s.value) for s in State] == [1, 0, 1, 0, 0, 1]
    assert value(samples, "lucency_node_jobs_by_kind", state="dead", kind="crashed") == 1
    assert value(samples, "lucency_node_oldest_waiting_seconds") == pytest.approx(500, abs=5)
    assert value(samples, "lucency_node_free_disk_bytes") == 1_234.5e6
    assert value(samples, "lucency_node_queue_up") == 1
    queue.all.append(job(4, State.QUEUED))
    assert value(scrape(metrics), "lucency_node_jobs", state="queued") == 2


def test_turnaround_is_of_the_last_hour() -> None:
    recent = [job(i, State.SENT, age=1_000, took=float(i)) for i in range(1, 12)]
    queue = FakeQueue(job(100, State.SENT, age=50_000, took=99), *recent)
    metrics = NodeMetrics()
    metrics.watch(queue, FakeNode())
    samples = scrape(metrics)
    seconds = [one.finished - one.received for one in recent if one.finished is not None]
    for quantile in (0.5, 0.9, 0.99):
        expected = float(np.quantile(seconds, quantile))
        assert value(samples, "lucency_node_turnaround_seconds", quantile=str(quantile)) == pytest.approx(expected)


def test_without_jobs_there_is_no_turnaround() -> None:
    metrics = NodeMetrics()
    metrics.watch(FakeQueue(), FakeNode())
    samples = scrape(metrics)
    assert not [name for name, _ in samples if name == "lucency_node_turnaround_seconds"]
    assert value(samples, "lucency_node_oldest_waiting_seconds") == 0


def test_a_lost_queue_is_told_and_the_rest_goes_on() -> None:
    queue = FakeQueue()
    queue.failure = RuntimeError("row of MUELLER^ANNA")
    metrics = NodeMetrics()
    metrics.watch(queue, FakeNode())
    metrics.reception(Reception.TAKEN)
    samples = scrape(metrics)
    assert value(samples, "lucency_node_queue_up") == 0
    assert value(samples, "lucency_node_received_total", reception="taken") == 1
    assert ("lucency_node_jobs", frozenset({("state", "queued")})) not in samples


def test_threads_count_together() -> None:
    metrics = NodeMetrics()

    def count() -> None:
        for _ in range(500):
            metrics.reception(Reception.KNOWN)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(scrape(metrics), "lucency_node_received_total", reception="known") == 2_000


def test_two_nodes_fit_into_a_process() -> None:
    first, second = NodeMetrics(), NodeMetrics()
    first.refused("queue")
    assert ("lucency_node_refused_total", frozenset({("reason", "queue")})) not in scrape(second)
