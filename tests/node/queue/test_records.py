import time

import pytest

from lucency.node.jobs import Kind, State
from lucency.node.queue import open_queue, sql_records
from node.queue.arrivals import arrival, settings_for


def enter(queue, number):
    for index in range(number):
        queue.put(arrival(f"1.{index}", f"objects/{index}.dcm"))


@pytest.fixture
def states(queue):
    """One job in each state, and two that are dead: with products and without; state (and kind) to number."""
    enter(queue, 7)
    jobs = queue.claim("work", "n", 60, limit=6)
    for job in jobs[:3]:
        queue.built(job, [f"reports/{job.id}/1-report.dcm"], "recipe", "d")
    sent, refused = queue.claim("delivery", "n", 60, limit=2)
    queue.sent(sent)
    queue.dead(refused, Kind.REFUSED_BY_PACS, "A900")
    queue.skipped(jobs[3], Kind.REFUSED_BY_GUARD, "lateral")
    queue.dead(jobs[4], Kind.CRASHED, "signal 11")
    return {
        State.SENT: sent.id,
        Kind.REFUSED_BY_PACS: refused.id,
        State.BUILT: jobs[2].id,
        State.SKIPPED: jobs[3].id,
        Kind.CRASHED: jobs[4].id,
        State.RUNNING: jobs[5].id,
        State.QUEUED: queue.find("1.6", "recipe").id,
    }


def test_counts(queue, states):
    assert queue.counts() == {state: 2 if state is State.DEAD else 1 for state in State}
    assert queue.kinds() == {
        (State.SKIPPED, Kind.REFUSED_BY_GUARD): 1,
        (State.DEAD, Kind.REFUSED_BY_PACS): 1,
        (State.DEAD, Kind.CRASHED): 1,
    }


def test_an_empty_queue(queue):
    assert queue.counts() == dict.fromkeys(State, 0)
    assert (queue.kinds(), queue.jobs(), queue.paths(), queue.known([], "recipe")) == ({}, [], set(), set())
    assert queue.get(1) is queue.oldest(State.QUEUED) is None
    assert queue.retry() == queue.release("") == 0


def test_a_long_history_is_counted_now_and_then(queue, states, monkeypatch):
    monkeypatch.setattr(sql_records, "_LONG_HISTORY", 4)
    before = queue.counts()
    (job,) = queue.claim("work", "n", 60)
    queue.skipped(job, Kind.NO_IMAGE, "")
    assert queue.counts() == before | {State.QUEUED: 0}
    monkeypatch.setattr(sql_records, "_RECOUNT_S", -1)
    assert queue.counts() == before | {State.QUEUED: 0, State.SKIPPED: 2}


def test_jobs_are_listed_latest_first(queue, states):
    everything = queue.jobs()
    assert [job.id for job in everything] == sorted(states.values(), reverse=True)
    assert queue.jobs(limit=2) == everything[:2]
    for state in State:
        assert queue.jobs(state) == [job for job in everything if job.state is state]
    assert len(queue.jobs(State.DEAD, limit=1)) == 1


def test_the_oldest(queue, states):
    enter(queue, 9)
    for state in State:
        assert queue.oldest(state) == min(job.received for job in queue.jobs(state))


def test_known(queue):
    enter(queue, 3)
    many = [f"1.{index}" for index in range(1700)]
    assert queue.known(many, "recipe") == {"1.0", "1.1", "1.2"}
    assert queue.known(set(many), "another") == set()


def test_dead_jobs_go_on_where_they_were(queue, states):
    assert queue.retry() == 2
    for kind, state, stage in ((Kind.REFUSED_BY_PACS, State.BUILT, "delivery"), (Kind.CRASHED, State.QUEUED, "work")):
        job = queue.get(states[kind])
        assert (job.state, job.attempts, job.kind, job.reason, job.finished) == (state, 0, None, "", None)
        assert job.id in [claimed.id for claimed in queue.claim(stage, "n", 60, limit=9)]
    assert queue.retry() == 0


def test_chosen_dead_jobs_are_retried(queue, states):
    chosen = [states[Kind.CRASHED], states[State.SENT], states[State.RUNNING], 10**9, *range(10_000, 11_000)]
    assert queue.retry(chosen) == 1
    assert queue.get(states[Kind.CRASHED]).state is State.QUEUED
    assert queue.get(states[State.SENT]).state is State.SENT
    assert queue.retry([]) == 0


def test_paths_of_objects_that_are_needed(queue, states):
    needed = {f"objects/{index}.dcm" for index in range(7)} - {"objects/0.dcm", "objects/3.dcm"}
    assert queue.paths() == needed
    queue.clear_path(states[State.SENT])
    queue.clear_path(states[State.RUNNING])  # still needed
    queue.clear_path(10**9)
    assert queue.paths() == needed
    assert queue.get(states[State.SENT]).path == ""


def test_expired_products(queue, states):
    later = time.time() + 60
    assert queue.expired(time.time() - 60) == []
    assert [job.id for job in queue.expired(later)] == [states[State.SENT]]
    queue.clear_products(states[State.BUILT])  # still needed
    assert queue.get(states[State.BUILT]).products
    queue.clear_products(states[State.SENT])
    assert queue.expired(later) == []
    assert queue.get(states[State.SENT]).products == ()


def test_expired_products_are_told_in_parts(queue):
    enter(queue, 3)
    for job in queue.claim("work", "n", 60, limit=3):
        queue.built(job, ["x"], "recipe", "d")
    for job in queue.claim("delivery", "n", 60, limit=3):
        queue.sent(job)
    assert [job.sop_instance_uid for job in queue.expired(time.time() + 60, limit=2)] == ["1.0", "1.1"]


def test_a_queue_keeps_its_identity_and_no_other_has_it(settings, queue, tmp_path):
    again = open_queue(settings)
    another = open_queue(settings_for(tmp_path / "another"))
    assert again.identity() == queue.identity() != another.identity()
    again.close()
    another.close()
