"""Any sequence of calls means the same to the queue and to its reference."""

import tempfile
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lucency.node.jobs import Arrival, Kind, State
from lucency.node.queue.sql_queue import SqlQueue
from lucency.node.queue.sqlite import SqliteDatabase
from node.postgres import running_server
from references.job_queue import ReferenceQueue

LONG = 10_000.0
uids = st.sampled_from(["1.1", "1.2", "1.3"])
recipes = st.sampled_from(["r1", "r2"])
kinds = st.sampled_from([Kind.CRASHED, Kind.NO_IMAGE, Kind.VERDICT])
digests = st.sampled_from(["", "d1", "d2"])
stages = st.sampled_from(["work", "delivery"])
owners = st.sampled_from(["a/1", "a/2", "b/1"])
index = st.integers(0, 7)
steps = st.one_of(
    st.tuples(st.just("put"), uids, recipes, st.one_of(st.none(), kinds), digests),
    st.tuples(st.just("claim"), stages, owners, st.sampled_from([0.0, LONG]), st.integers(1, 3)),
    st.tuples(st.just("built"), index, st.lists(st.sampled_from("xy"), unique=True), recipes, digests),
    st.tuples(st.just("sent"), index),
    st.tuples(st.sampled_from(["skipped", "dead"]), index, kinds, st.just("why"), digests),
    st.tuples(st.just("again"), index, kinds, st.sampled_from([0.0, LONG]), st.booleans()),
    st.tuples(st.just("release"), st.sampled_from(["", "a", "a/1", "c"])),
    st.tuples(st.just("retry"), st.one_of(st.none(), st.lists(index, max_size=3))),
    st.tuples(st.sampled_from(["clear_path", "clear_products"]), index),
)


class Pair:
    """Two queues that are told the same; numbers of jobs are translated, times and tokens are only compared as set."""

    def __init__(self, queue):
        self.queues = (queue, ReferenceQueue())
        self.claimed = []
        self.paths = 0

    def look(self, queue, job):
        values = asdict(job)
        for name in ("lease", "received", "started", "built", "finished"):
            values[name] = values[name] is not None
        values["id"] = [other.id for other in reversed(queue.jobs(limit=10**6))].index(job.id)
        return values

    def ask(self, name, *arguments):
        answers = []
        for queue in self.queues:
            answer = getattr(queue, name)(*arguments)
            if isinstance(answer, list):
                answer = [self.look(queue, job) for job in answer]
            answers.append(answer)
        assert answers[0] == answers[1], (name, arguments)

    def do(self, name, *arguments):
        results = []
        if name == "put":
            uid, recipe, kind, digest = arguments
            self.paths += 1
            arrival = Arrival(uid, "1.2", "CR", f"objects/{self.paths}.dcm", recipe, kind, "why" if kind else "")
            results = [queue.put(arrival, digest) for queue in self.queues]
        elif name == "claim":
            jobs = [queue.claim(*arguments) for queue in self.queues]
            results = [
                [self.look(*pair) for pair in zip([queue] * len(found), found, strict=True)]
                for queue, found in zip(self.queues, jobs, strict=True)
            ]
            self.claimed = (self.claimed + list(zip(*jobs, strict=False)))[-8:]
        elif name == "release":
            results = [queue.release(*arguments) for queue in self.queues]
        elif name == "retry":
            (chosen,) = arguments
            for queue in self.queues:
                ids = [job.id for job in reversed(queue.jobs(limit=10**6))]
                results.append(queue.retry(chosen and [ids[index] for index in chosen if index < len(ids)]))
        elif name.startswith("clear"):
            for queue in self.queues:
                ids = [job.id for job in reversed(queue.jobs(limit=10**6))]
                results.append([getattr(queue, name)(number) for number in ids[arguments[0] :][:1]])
        elif self.claimed:
            pair = self.claimed[arguments[0] % len(self.claimed)]
            for queue, job in zip(self.queues, pair, strict=True):
                if name == "again":
                    _, kind, wait_s, counts = arguments
                    results.append(queue.again(job, kind, "why", wait_s, counts=counts))
                else:
                    results.append(getattr(queue, name)(job, *arguments[1:]))
        assert not results or results[0] == results[1], (name, arguments)

    def compare(self):
        self.ask("jobs", None, 10**6)
        for state in State:
            self.ask("jobs", state, 2)
        for question in ("counts", "kinds", "paths"):
            self.ask(question)
        self.ask("known", ["1.1", "1.2", "1.9"], "r1")
        self.ask("expired", 4e9)


def run(database, sequence):
    pair = Pair(SqlQueue(database))
    for step in sequence:
        pair.do(*step)
        pair.compare()


sequences = st.lists(steps, min_size=1, max_size=40)
unhurried = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)


@settings(unhurried, max_examples=80)
@given(sequences)
def test_sqlite(sequence):
    with tempfile.TemporaryDirectory() as folder:
        database = SqliteDatabase(Path(folder) / "node.db")
        try:
            run(database, sequence)
        finally:
            database.close()


@pytest.fixture(scope="module")
def postgres():
    server = running_server()
    from lucency.node.queue.postgres import PostgresDatabase

    database = PostgresDatabase(server.new_database())
    yield database
    database.close()


@settings(unhurried, max_examples=40)
@given(sequence=sequences)
def test_postgres(postgres, sequence):
    postgres.write(lambda transaction: transaction.changed("DELETE FROM lucency_jobs"))
    run(postgres, sequence)
