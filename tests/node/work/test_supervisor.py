"""Children that hang, crash and vanish: each costs its own job only, and leaves no lease and no process behind."""

import multiprocessing
import os
import signal
import threading
from itertools import pairwise
from multiprocessing import forkserver

import pytest

from lucency.errors import ConfigError
from lucency.node.jobs import Kind, State
from lucency.node.work.child import HeldJob
from lucency.node.work.supervisor import Supervisor
from node.ports import wait_until
from node.work import stand_ins
from node.work.place import LIGHT, NODE


def test_the_first_worker_speaks_and_all_of_them_work(place):
    here = place(workers=2)
    here.put("A", "B", "C")
    with here.supervised() as supervisor:
        wait_until(lambda: here.has_ended("A", "B", "C"))
        wait_until(lambda: supervisor.workers_ready == 2 and supervisor.pacs == "ok")
    assert supervisor.workers_ready == 0


def test_a_job_that_hangs_is_dead_after_its_attempts_and_holds_up_no_other(place):
    here = place(lease_s=0.5, attempts=2)
    here.put("HANG", "B")
    with here.supervised():
        wait_until(lambda: here.has_ended("HANG", "B"))
    job = here.job("HANG")
    assert (job.state, job.kind, job.attempts, job.lease) == (State.DEAD, Kind.TIME_LIMIT, 2, None)
    assert job.reason == "took more than 0.5 s"
    assert here.job("B").state is State.SKIPPED


def test_a_job_that_workers_die_of_is_dead_and_one_that_they_die_of_once_is_not(place):
    here = place(attempts=3)
    here.put("CRASH", "CRASH ONCE", "C")
    with here.supervised() as supervisor:
        wait_until(lambda: here.has_ended("CRASH", "CRASH ONCE", "C"))
        wait_until(lambda: supervisor.workers_ready == 1)
    job = here.job("CRASH")
    assert (job.state, job.kind, job.attempts) == (State.DEAD, Kind.CRASHED, 3)
    assert str(-signal.SIGSEGV) in job.reason
    assert (here.job("CRASH ONCE").state, here.job("CRASH ONCE").attempts) == (State.SKIPPED, 2)


def test_a_lease_whose_holder_died_before_it_began_was_no_attempt(place):
    here = place(lease_s=300)
    here.put("VANISH")
    with here.supervised():
        wait_until(lambda: here.queue.find("1.2.0", "r").lease is not None or here.has_ended("VANISH"))
        here_job = here.job("VANISH")
        wait_until(lambda: here.job("VANISH").lease != here_job.lease)
        assert here.job("VANISH").attempts <= 1


def test_what_an_earlier_run_had_leased_is_due_at_once(place):
    here = place()
    here.put("A")
    assert here.queue.claim("work", f"{NODE}/worker-1-0a1b", 3600)
    with here.supervised():
        wait_until(lambda: here.has_ended("A"))
    assert here.job("A").attempts == 1


def test_a_worker_that_is_killed_from_outside_is_replaced(place):
    here = place()
    with here.supervised() as supervisor:
        pid = int((here.settings.state / "worker-id").read_text())
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: (here.settings.state / "worker-id").read_text() != str(pid))
        here.put("A")
        wait_until(lambda: here.has_ended("A"))
        assert supervisor.workers_ready == 1


@pytest.mark.parametrize(
    ("worker", "message"),
    [(stand_ins.refuse, "model.pt: no weights there"), (stand_ins.fall, "ended with code 4 before it could answer")],
)
def test_a_worker_that_cannot_answer_ends_the_start(place, worker, message):
    here = place()
    supervisor = Supervisor(here.settings, NODE, here.queue, worker=worker, courier=stand_ins.wait, modules=LIGHT)
    with pytest.raises(ConfigError, match=message):
        supervisor.start()
    assert multiprocessing.active_children() == []


def test_what_dies_at_once_is_started_again_after_longer_and_longer_waits(place):
    here = place()
    falls = here.settings.state / "falls"
    with here.supervised(courier=stand_ins.fall):
        wait_until(lambda: falls.is_file() and len(falls.read_text().split()) >= 3)
    times = [float(line) for line in falls.read_text().split()]
    waits = [after - before for before, after in pairwise(times)]
    assert waits[0] >= 0.4
    assert waits[1] >= 0.8


def test_a_stop_lets_a_worker_finish_what_it_has(place):
    here = place()
    here.put("SLOW", "B")
    with here.supervised(grace_s=10):
        wait_until(lambda: here.job("SLOW").state is State.RUNNING)
        os.kill(forkserver._forkserver._forkserver_pid, signal.SIGTERM)  # as to a whole process group
    assert here.job("SLOW").state is State.SKIPPED
    assert here.job("B").state is State.QUEUED


def test_a_job_that_a_stop_interrupts_is_queued_as_if_it_had_not_begun(place):
    here = place()
    here.put("HANG")
    with here.supervised(grace_s=0.3):
        wait_until(lambda: here.job("HANG").state is State.RUNNING)
    assert (here.job("HANG").state, here.job("HANG").attempts) == (State.QUEUED, 0)


def test_a_queue_that_is_away_hears_of_a_death_later(place, monkeypatch):
    here = place(attempts=1)
    away = threading.Event()
    away.set()
    get = here.queue.get

    def unreliable(job_id):
        if away.is_set():
            raise ConnectionError("the database is away")
        return get(job_id)

    monkeypatch.setattr(here.queue, "get", unreliable)
    here.put("CRASH", "B")
    with here.supervised():
        wait_until(lambda: here.has_ended("B"))
        assert here.job("CRASH").state is State.RUNNING
        away.clear()
        wait_until(lambda: here.has_ended("CRASH"))
    assert here.job("CRASH").kind is Kind.CRASHED


def test_what_a_worker_began_while_it_was_killed_for_another_is_no_attempt(place):
    here = place(attempts=1)
    here.put("A")
    supervisor = Supervisor(here.settings, NODE, here.queue, modules=LIGHT)
    (child,) = supervisor._workers
    (job,) = here.queue.claim("work", child.owner, 300)
    child.killed, child.job = HeldJob(job.id + 1, "slow", 0.0), HeldJob(job.id, job.lease, 0.0)
    supervisor._bury(child)
    supervisor._estates.settle()
    assert (here.job("A").state, here.job("A").attempts) == (State.QUEUED, 0)


def test_a_start_that_is_told_to_end_waits_for_no_worker(place):
    here = place()
    end = threading.Event()
    supervisor = Supervisor(
        here.settings, NODE, here.queue, worker=stand_ins.never_ready, courier=stand_ins.wait, modules=LIGHT
    )
    threading.Timer(0.5, end.set).start()
    assert supervisor.start(end) == {}
    assert multiprocessing.active_children() == []
