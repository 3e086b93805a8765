"""The embedded queue has no clock but the machine's, which may be set back while jobs wait."""

import time

import pytest

from lucency.node.jobs import Kind, State
from lucency.node.queue import JobQueue, open_queue, sqlite
from node.queue.arrivals import arrival, settings_for

DAY = 86_400.0


@pytest.fixture
def clock(monkeypatch):
    """Seconds by which the machine's clock is ahead."""
    ahead = [0.0]

    class Clock:
        monotonic, sleep = time.monotonic, time.sleep

        @staticmethod
        def time() -> float:
            return time.time() + ahead[0]

    monkeypatch.setattr(sqlite, "time", Clock)
    return ahead


@pytest.fixture
def queue(tmp_path, clock):
    clock[0] = 400 * DAY
    queue = open_queue(settings_for(tmp_path))
    yield queue
    queue.close()


def test_what_came_in_the_future_is_worked_off_and_delivered(queue: JobQueue, clock):
    queue.put(arrival())
    clock[0] = 0
    (job,) = queue.claim("work", "node/worker-1", 60)
    clock[0] = 400 * DAY
    assert queue.built(job, ["reports/1"], "recipe", "")
    clock[0] = 0
    (job,) = queue.claim("delivery", "node/courier", 60)
    assert queue.sent(job)


def test_what_was_given_back_in_the_future_is_claimed(queue: JobQueue, clock):
    queue.put(arrival())
    queue.claim("work", "node/worker-1", 60)
    queue.release("node/")
    clock[0] = 0
    (job,) = queue.claim("work", "node/worker-1", 60)
    assert queue.dead(job, Kind.UNREADABLE, "")
    clock[0] = 400 * DAY
    assert queue.retry() == 1
    clock[0] = 0
    assert queue.claim("work", "node/worker-1", 60)


def test_waits_and_leases_that_began_in_the_future_end(queue: JobQueue, clock):
    for uid in ("1.1", "1.2"):
        queue.put(arrival(uid))
    waits, leased = queue.claim("work", "node/worker-1", 60, limit=2)
    assert queue.again(waits, Kind.CRASHED, "", 300)
    assert queue.claim("work", "node/worker-2", 60) == []
    clock[0] = 0
    jobs = queue.claim("work", "node/worker-2", 60, limit=2)
    assert [job.id for job in jobs] == [waits.id, leased.id]
    assert not queue.skipped(leased, Kind.NO_IMAGE, "")
    assert {job.state for job in jobs} == {State.RUNNING}


def test_the_longest_waits_that_can_be_set_are_kept(queue: JobQueue):
    queue.put(arrival())
    (job,) = queue.claim("work", "node/worker-1", 43_200 + 30)
    assert queue.claim("work", "node/worker-2", 60) == []
    assert queue.again(job, Kind.CRASHED, "", 43_200)
    assert queue.claim("work", "node/worker-2", 60) == []
