import json
from itertools import pairwise

import pytest

from lucency import __version__
from lucency.node.jobs import Kind, State
from lucency.node.operations.status import NodeStatus
from lucency.node.settings import node_settings
from node.operations.fakes import FakeNode, FakeQueue, job

SETTINGS = node_settings({"bundle": "b", "state": "s", "pacs": "PACS@127.0.0.1:4242", "workers": 2})
MODEL = {"name": "cxr_finding", "version": "0.3.1", "recipe": "aa"}


def status_of(queue: FakeQueue, node: FakeNode) -> NodeStatus:
    return NodeStatus(queue, node, node, node, SETTINGS, MODEL)  # type: ignore[arg-type]


def test_an_idle_node_is_well() -> None:
    status = status_of(FakeQueue(), FakeNode())
    assert status.readiness() == []
    health = status.health()
    assert health["status"] == "ok"
    assert health["problems"] == []
    assert health["version"] == __version__
    assert health["model"] == {"name": "cxr_finding", "version": "0.3.1"}
    assert health["jobs"] == {state.value: 0 for state in State}
    assert health["reasons"] == {"skipped": {}, "dead": {}}
    assert health["oldest_waiting_s"] is None
    assert (health["accepting"], health["workers"], health["pacs"]) == (True, 2, "ok")


def test_jobs_and_reasons_are_counted() -> None:
    queue = FakeQueue(
        job(1, State.QUEUED, age=100),
        job(2, State.BUILT, age=900, kind=Kind.REFUSED_BY_PACS),
        job(3, State.SKIPPED, kind=Kind.REFUSED_BY_GUARD),
        job(4, State.SKIPPED, kind=Kind.REFUSED_BY_GUARD),
        job(5, State.DEAD, age=9_999, kind=Kind.UNREADABLE),
    )
    health = status_of(queue, FakeNode()).health()
    assert health["status"] == "ok"
    assert health["jobs"] == {"queued": 1, "running": 0, "built": 1, "sent": 0, "skipped": 2, "dead": 1}
    assert health["reasons"] == {
        "skipped": {"refused_by_guard": 2},
        "dead": {"unreadable": 1},
        "built": {"refused_by_pacs": 1},
    }
    assert health["oldest_waiting_s"] == pytest.approx(900, abs=5)
    json.dumps(health)


@pytest.mark.parametrize(
    ("node", "reasons", "problems", "word"),
    [
        (FakeNode(workers_ready=0), ["no_worker"], ["no_worker"], "degraded"),
        (FakeNode(workers_ready=1), [], ["fewer_workers"], "degraded"),
        (FakeNode(pacs="unreachable"), [], ["pacs_unreachable"], "degraded"),
        (FakeNode(pacs="unknown"), [], [], "ok"),
        (FakeNode(refused="queue"), ["queue_full"], ["queue_full"], "degraded"),
        (FakeNode(refused="disk"), ["disk_full"], ["disk_full"], "degraded"),
        (FakeNode(refused="stopping"), ["stopping"], ["stopping"], "stopping"),
        (
            FakeNode(refused="stopping", workers_ready=0),
            ["no_worker", "stopping"],
            ["no_worker", "stopping"],
            "stopping",
        ),
    ],
)
def test_what_is_wrong_is_told(node: FakeNode, reasons: list[str], problems: list[str], word: str) -> None:
    status = status_of(FakeQueue(), node)
    assert status.readiness() == reasons
    health = status.health()
    assert health["problems"] == problems
    assert health["status"] == word
    assert health["accepting"] == (node.refused is None)


def test_a_lost_queue_is_a_reason_and_no_exception(caplog: pytest.LogCaptureFixture) -> None:
    queue = FakeQueue()
    queue.failure = RuntimeError("MUELLER")
    status = status_of(queue, FakeNode())
    assert status.readiness() == ["queue_unreachable"]
    health = status.health()
    assert health["status"] == "degraded"
    assert health["jobs"] is health["reasons"] is health["oldest_waiting_s"] is None
    assert status.latest_jobs(5) == []
    assert {record.msg for record in caplog.records} == {"queue_unreachable"}


def test_a_lost_disk_is_unknown() -> None:
    assert status_of(FakeQueue(), FakeNode(failure=OSError(5, "I/O error"))).health()["free_mb"] is None


def test_an_intake_that_fails_takes_nothing() -> None:
    class Broken(FakeNode):
        def refusal(self) -> str | None:
            raise RuntimeError("MUELLER")

    status = status_of(FakeQueue(), Broken())
    assert status.readiness() == ["queue_unreachable"]
    assert status.health()["accepting"] is False


def test_time_passes() -> None:
    status = status_of(FakeQueue(), FakeNode())
    ups = [status.health()["uptime_s"] for _ in range(3)]
    assert all(a <= b for a, b in pairwise(ups))
    assert ups[0] >= 0
