"""Threads, processes and nodes that share a queue; a process that is killed."""

import os
import random
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from lucency.node.jobs import Kind, Reception, State
from lucency.node.queue import open_queue
from node.queue.arrivals import arrival

_PUT = """
queue = open_queue(settings)
sys.stdin.readline()
for uid in range(40):
    tell(uid, queue.put(arrival(uid, f"{os.getpid()}/{uid}")).value)
"""
_WORK = """
queue = open_queue(settings)
sys.stdin.readline()
while jobs := queue.claim("work", "n", 600, limit=3):
    for job in jobs:
        tell(job.id)
        assert queue.built(job, ["x"], "recipe", "d")
"""
_STREAM = """
queue = open_queue(settings)
for uid in itertools.count():
    queue.put(arrival(uid, f"objects/{uid}.dcm"))
    tell(uid)
"""


def go(children: list["subprocess.Popen[str]"]) -> list[list[str]]:
    """Let them begin at once; their lines."""
    for process in children:
        process.stdin.write("go\n")
        process.stdin.flush()
    lines = [process.communicate(timeout=60)[0].splitlines() for process in children]
    assert [process.returncode for process in children] == [0] * len(children)
    return lines


def test_processes_that_bring_the_same_objects_make_one_job_each(queue, child):
    lines = [line.split() for lines in go([child(_PUT) for _ in range(2)]) for line in lines]
    answers = Counter((uid, Reception(answer)) for uid, answer in lines)
    for uid in range(40):
        assert answers[str(uid), Reception.TAKEN] == 1
        assert answers[str(uid), Reception.KNOWN] == 1
    assert queue.counts()[State.QUEUED] == 40


def test_threads_that_bring_the_same_objects_make_one_job_each(queue):
    def bring(number: int) -> Reception:
        return queue.put(arrival(number % 25, f"objects/{number}.dcm"))

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(bring, range(200)))
    assert answers == {Reception.TAKEN: 25, Reception.KNOWN: 175}
    assert {job.path for job in queue.jobs()} == queue.paths()
    assert len(queue.paths()) == 25


def test_of_threads_that_replace_a_job_one_does(queue):
    queue.put(arrival())
    (job,) = queue.claim("work", "n", 60)
    queue.dead(job, Kind.UNREADABLE, "", "old")
    with ThreadPoolExecutor(6) as pool:
        answers = Counter(pool.map(lambda index: queue.put(arrival(path=f"objects/{index}.dcm"), "new"), range(12)))
    assert answers == {Reception.REPLACED: 1, Reception.KNOWN: 11}
    assert len(queue.jobs()) == 1


def test_threads_that_answer_for_one_object_leave_one_answer(queue):
    for number in range(7):
        queue.put(arrival(path=f"objects/{number}.dcm", recipe=f"recipe-{number}"))
    jobs = queue.claim("work", "n", 60, limit=7)
    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(lambda job: queue.built(job, ["x"], "upgraded", "d"), jobs))
    assert queue.counts()[State.BUILT] == 1
    assert queue.kinds() == {(State.SKIPPED, Kind.ANSWERED_BEFORE): 6}


def test_no_job_is_handed_out_twice(queue, child):
    for uid in range(90):
        queue.put(arrival(uid, f"objects/{uid}.dcm"))
    worked = [line for lines in go([child(_WORK) for _ in range(2)]) for line in lines]
    assert len(worked) == len(set(worked)) == 90
    assert queue.counts()[State.BUILT] == 90


def test_processes_may_make_the_queue_at_the_same_time(child):
    code = "sys.stdin.readline(); queue = open_queue(settings); tell(queue.put(arrival(1)).value)"
    assert len(go([child(code) for _ in range(3)])) == 3


def test_a_killed_process_loses_nothing_that_it_told(settings, child):
    rng = random.Random(0)
    told: set[str] = set()
    for _ in range(2):
        process = child(_STREAM)
        first = process.stdout.readline()
        time.sleep(rng.uniform(0.02, 0.15))
        process.kill()
        told |= {first.strip(), *process.communicate()[0].split()}
    queue = open_queue(settings)
    assert told
    assert queue.known(told, "recipe") == told
    assert queue.put(arrival("after")) is Reception.TAKEN
    queue.close()


def test_a_forked_child_goes_on_with_connections_of_its_own(queue):
    queue.put(arrival(1))
    connections = queue._database._connections
    parents = connections.take()
    connections.give(parents)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            queue.put(arrival(2, "objects/b.dcm"))
            (job,) = queue.claim("work", "child", 60)
            own = connections.take()
            queue.close()
            os.write(writer, f"{job.id} {own is not parents}".encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        (job,) = queue.jobs(State.RUNNING)
        assert answer.read() == f"{job.id} True"
    assert connections.take() is parents
    assert parents.execute("SELECT 1").fetchone() == (1,), "the child has not ended the parent's session"
    connections.give(parents)
