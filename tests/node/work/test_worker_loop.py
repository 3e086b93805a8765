"""What a worker tells the queue and its supervisor, and what it leaves on disk."""

import pytest

from lucency.node.jobs import Arrival, Kind, State
from lucency.node.queue import open_queue
from lucency.node.settings import node_settings
from lucency.node.storage import Storage
from lucency.node.work import worker as worker_module
from lucency.node.work.outcome import Outcome
from lucency.node.work.worker import Worker

CR = "1.2.840.10008.5.1.4.1.1.1"


class Listener(list):
    def send(self, message):
        self.append(message)


class Loop:
    """A worker that ends when its runner has no outcome left."""

    def __init__(self, folder):
        self.settings = node_settings({"bundle": "b", "state": folder, "pacs": "PACS@127.0.0.1:4242"})
        self.queue = open_queue(self.settings)
        self.storage = Storage(self.settings.storage_root, "here")
        self.heard = Listener()
        self.worker = Worker(self.settings, "here/worker-1", self.heard)
        self.outcomes = []

    def put(self, uid="1.2.3", recipe="r"):
        received = self.storage.incoming / "received"
        received.write_text("pixels")
        path = self.storage.keep(received)
        self.queue.put(Arrival(uid, CR, "CR1", path, recipe))
        return self.storage.root / path, self.queue.find(uid, recipe)

    def run(self, job):
        outcome = self.outcomes.pop(0)
        if not self.outcomes:
            self.worker.end()
        return outcome(job) if callable(outcome) else outcome

    def serve(self, *outcomes):
        self.outcomes = list(outcomes)
        self.worker.serve(self.queue, self.storage, self)


@pytest.fixture
def loop(tmp_path, monkeypatch):
    monkeypatch.setattr(worker_module, "RETRY_S", 0.01)
    made = Loop(tmp_path)
    yield made
    made.queue.close()


def test_a_skipped_object_is_removed_and_a_dead_one_is_kept(loop):
    skipped, first = loop.put("1.2.3")
    dead, second = loop.put("1.2.4")
    loop.serve(Outcome(State.SKIPPED, Kind.NO_IMAGE, "no image"), Outcome(State.DEAD, Kind.UNREADABLE, "cut"))
    assert (loop.queue.get(first.id).state, loop.queue.get(first.id).path) == (State.SKIPPED, "")
    assert not skipped.exists()
    assert (loop.queue.get(second.id).state, loop.queue.get(second.id).reason) == (State.DEAD, "cut")
    assert dead.exists()
    assert [message[:2] for message in loop.heard] == [
        ("begin", first.id), ("end", first.id), ("begin", second.id), ("end", second.id),
    ]  # fmt: skip


def built(loop, job):
    with loop.storage.publication(job.name) as folder:
        (folder / "1-report.dcm").write_text("report")
    return Outcome(State.BUILT, digest="d", products=loop.storage.published(job.name), recipe="s")


def test_a_result_that_another_job_has_already_is_not_sent_twice(loop):
    first_object, first = loop.put(recipe="r")
    second_object, second = loop.put(recipe="q")
    loop.serve(lambda job: built(loop, job), lambda job: built(loop, job))
    assert loop.queue.get(first.id).state is State.BUILT
    assert first_object.exists()
    assert loop.storage.published(first.name)
    assert (loop.queue.get(second.id).state, loop.queue.get(second.id).kind) == (State.SKIPPED, Kind.ANSWERED_BEFORE)
    assert not second_object.exists()
    assert not loop.storage.published(second.name)


def test_a_queue_that_is_away_for_a_while_costs_nothing(loop, monkeypatch):
    _, job = loop.put()
    calls = {"claim": 0, "dead": 0}

    def failing_at_first(name):
        real = getattr(loop.queue, name)

        def call(*arguments):
            calls[name] += 1
            if calls[name] < 3:
                raise ConnectionError("the database is away")
            return real(*arguments)

        return call

    for name in calls:
        monkeypatch.setattr(loop.queue, name, failing_at_first(name))

    def last(job):
        loop.worker._ended = False
        return Outcome(State.DEAD, Kind.UNREADABLE, "cut")

    def stop_when_told(*arguments):
        loop.worker.end()

    monkeypatch.setattr(worker_module, "_tidy", stop_when_told)
    loop.serve(last)
    assert loop.queue.get(job.id).state is State.DEAD
    assert calls == {"claim": 3, "dead": 3}


def test_a_worker_that_ran_out_of_memory_makes_room_for_a_fresh_one(loop):
    _, first = loop.put("1.2.3")
    _, second = loop.put("1.2.4")
    short = Outcome(State.QUEUED, Kind.MEMORY_LIMIT, "too large", wait_s=60)
    loop.serve(short, Outcome(State.DEAD, Kind.UNREADABLE, "never reached"))
    assert (loop.queue.get(first.id).state, loop.queue.get(first.id).attempts) == (State.QUEUED, 1)
    assert (loop.queue.get(second.id).state, loop.queue.get(second.id).attempts) == (State.QUEUED, 0)
