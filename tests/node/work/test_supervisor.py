"""Children that hang, crash and vanish: each costs its own job only, and leaves no lease and no process behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing import forkserver
from pathlib import Path

import psutil
import pytest

from lucency.errors import ConfigError
from lucency.node.jobs import Arrival, Kind, State
from lucency.node.queue import open_queue
from lucency.node.settings import node_settings
from lucency.node.work.supervisor import Supervisor
from node.work import stand_ins

NODE = "here"
LIGHT = ("node.work.stand_ins",)


def until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


class Place:
    def __init__(self, folder, **changes):
        values = {"bundle": "bundle", "state": folder, "pacs": "PACS@127.0.0.1:4242", "retry_base": 0.05}
        self.settings = node_settings({**values, "lease_s": 10, **changes})
        self.queue = open_queue(self.settings)

    def put(self, *senders):
        first = len(self.queue.jobs())
        for number, sender in enumerate(senders, first):
            self.queue.put(Arrival(f"1.2.{number}", "1.2.840.10008.5.1.4.1.1.1", sender, f"objects/{number}", "r"))

    def job(self, sender):
        return next(job for job in self.queue.jobs() if job.sender == sender)

    def has_ended(self, *senders):
        return all(self.job(sender).state in (State.SKIPPED, State.DEAD) for sender in senders)

    @contextmanager
    def supervised(self, worker=stand_ins.obey, courier=stand_ins.wait, grace_s=0):
        supervisor = Supervisor(self.settings, NODE, self.queue, worker=worker, courier=courier, modules=LIGHT)
        assert supervisor.start() == stand_ins.MODEL
        try:
            yield supervisor
        finally:
            supervisor.stop(grace_s)
            assert multiprocessing.active_children() == []


@pytest.fixture
def place(tmp_path):
    made = []

    def make(**changes):
        made.append(Place(tmp_path, **changes))
        return made[-1]

    yield make
    for one in made:
        one.queue.close()


def test_the_first_worker_speaks_and_all_of_them_work(place):
    here = place(workers=2)
    here.put("A", "B", "C")
    with here.supervised() as supervisor:
        until(lambda: here.has_ended("A", "B", "C"))
        until(lambda: supervisor.workers_ready == 2 and supervisor.pacs == "ok")
    assert supervisor.workers_ready == 0


def test_a_job_that_hangs_is_dead_after_its_attempts_and_holds_up_no_other(place):
    here = place(lease_s=0.5, attempts=2)
    here.put("HANG", "B")
    with here.supervised():
        until(lambda: here.has_ended("HANG", "B"))
    job = here.job("HANG")
    assert (job.state, job.kind, job.attempts, job.lease) == (State.DEAD, Kind.TIME_LIMIT, 2, None)
    assert job.reason == "took more than 0.5 s"
    assert here.job("B").state is State.SKIPPED


def test_a_job_that_workers_die_of_is_dead_and_one_that_they_die_of_once_is_not(place):
    here = place(attempts=3)
    here.put("CRASH", "CRASH ONCE", "C")
    with here.supervised() as supervisor:
        until(lambda: here.has_ended("CRASH", "CRASH ONCE", "C"))
        until(lambda: supervisor.workers_ready == 1)
    job = here.job("CRASH")
    assert (job.state, job.kind, job.attempts) == (State.DEAD, Kind.CRASHED, 3)
    assert str(-signal.SIGSEGV) in job.reason
    assert (here.job("CRASH ONCE").state, here.job("CRASH ONCE").attempts) == (State.SKIPPED, 2)


def test_a_lease_whose_holder_died_before_it_began_was_no_attempt(place):
    here = place(lease_s=300)
    here.put("VANISH")
    with here.supervised():
        until(lambda: here.queue.find("1.2.0", "r").lease is not None or here.has_ended("VANISH"))
        here_job = here.job("VANISH")
        until(lambda: here.job("VANISH").lease != here_job.lease)
        assert here.job("VANISH").attempts <= 1


def test_what_an_earlier_run_had_leased_is_due_at_once(place):
    here = place()
    here.put("A")
    assert here.queue.claim("work", f"{NODE}/worker-1-0a1b", 3600)
    with here.supervised():
        until(lambda: here.has_ended("A"))
    assert here.job("A").attempts == 1


def test_a_worker_that_is_killed_from_outside_is_replaced(place):
    here = place()
    with here.supervised() as supervisor:
        pid = int((here.settings.state / "worker-id").read_text())
        os.kill(pid, signal.SIGKILL)
        until(lambda: (here.settings.state / "worker-id").read_text() != str(pid))
        here.put("A")
        until(lambda: here.has_ended("A"))
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
        until(lambda: falls.is_file() and len(falls.read_text().split()) >= 4)
    times = [float(line) for line in falls.read_text().split()]
    waits = [after - before for before, after in pairwise(times)]
    assert waits[0] >= 0.4
    assert waits[2] >= 1.6


def test_a_stop_lets_a_worker_finish_what_it_has(place):
    here = place()
    here.put("SLOW", "B")
    with here.supervised(grace_s=10):
        until(lambda: here.job("SLOW").state is State.RUNNING)
        os.kill(forkserver._forkserver._forkserver_pid, signal.SIGTERM)  # as to a whole process group
    assert here.job("SLOW").state is State.SKIPPED
    assert here.job("B").state is State.QUEUED


def test_a_job_that_a_stop_interrupts_is_queued_as_if_it_had_not_begun(place):
    here = place()
    here.put("HANG")
    with here.supervised(grace_s=0.3):
        until(lambda: here.job("HANG").state is State.RUNNING)
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
        until(lambda: here.has_ended("B"))
        assert here.job("CRASH").state is State.RUNNING
        away.clear()
        until(lambda: here.has_ended("CRASH"))
    assert here.job("CRASH").kind is Kind.CRASHED


def runs(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE  # which waits for its parent to take note
    except psutil.NoSuchProcess:
        return False


MAIN = """
import sys, threading
sys.path.insert(0, {tests!r})
from lucency.node.queue import open_queue
from lucency.node.settings import node_settings
from lucency.node.work.supervisor import Supervisor
from node.work import stand_ins
if __name__ == "__main__":
    settings = node_settings({{"bundle": "b", "state": {state!r}, "pacs": "PACS@127.0.0.1:4242", "workers": 2}})
    worker, courier = stand_ins.obey, stand_ins.{courier}
    supervisor = Supervisor(settings, "other", open_queue(settings), worker=worker, courier=courier, modules=())
    supervisor.start()
    print("torch" in sys.modules or "monai" in sys.modules, flush=True)
    threading.Event().wait(4)
    supervisor.stop(0)
"""


def started(here, tmp_path, courier="wait"):
    file = tmp_path / "main.py"
    tests = str(Path(stand_ins.__file__).parents[2])
    file.write_text(MAIN.format(tests=tests, state=str(here.settings.state), courier=courier))
    return subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_no_child_survives_the_end_of_the_main_process_whatever_it_does(place, tmp_path):
    here = place()
    here.put("HANG")
    with started(here, tmp_path) as process:
        assert process.stdout.readline() == "False\n", "the main process must stay lean"
        until(lambda: here.job("HANG").state is State.RUNNING)
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 4  # fork server, two workers, courier
        process.kill()
    until(lambda: not any(map(runs, family)), seconds=2)


def test_what_a_child_fails_with_is_not_printed(place, tmp_path):
    with started(place(), tmp_path, courier="raise_with_a_name") as process:
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "child_failed" in errors
    assert "ValueError" in errors
    assert "Doe" not in out + errors
