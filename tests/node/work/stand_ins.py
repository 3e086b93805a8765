"""Children without a model, which do what the sender of an object says; imported by the fork server's children."""

import ctypes
import os
import signal
import time
from pathlib import Path

from lucency.node.jobs import Kind
from lucency.node.queue import open_queue

MODEL = {"recipe": "r", "name": "stand-in", "version": "1", "findings": 1, "backend": "none"}


def hang_in_a_library():
    """Sleep as a library does that never gives Python a turn."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    ctypes.PyDLL(None).sleep(600)


def obey(settings, owner, connection):
    """Work on jobs as their senders say."""
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    queue = open_queue(settings)
    (Path(settings.state) / "worker-id").write_text(str(os.getpid()))
    connection.send(("ready", MODEL))
    while not ended:
        jobs = queue.claim("work", owner, settings.lease_s + 30)
        time.sleep(0.02)
        for job in jobs:
            if job.sender == "VANISH" and job.attempts == 1:
                os._exit(9)  # before anybody was told of the job
            connection.send(("begin", job.id, job.lease))
            if job.sender == "HANG":
                hang_in_a_library()
            if job.sender == "CRASH" or (job.sender == "CRASH ONCE" and job.attempts == 1):
                os.kill(os.getpid(), signal.SIGSEGV)
            if job.sender == "SLOW":
                time.sleep(1)
            connection.send(("end", job.id))
            queue.skipped(job, Kind.NO_IMAGE, "obeyed")
    queue.close()


def refuse(settings, owner, connection):
    """Be unable to start."""
    connection.send(("failed", "model.pt: no weights there"))


def fall(settings, owner, connection):
    """Die at once."""
    with (Path(settings.state) / "falls").open("a") as file:
        print(time.monotonic(), file=file)
    os._exit(4)


def wait(settings, owner, connection):
    """Be a courier for whom the PACS is there."""
    connection.send(("ready", {}))
    connection.send(("pacs", "ok"))
    signal.sigwait({signal.SIGUSR1})


def never_ready(settings, owner, connection):
    """Be a worker whose weights lie on a disk that hangs."""
    hang_in_a_library()


def raise_with_a_name(settings, owner, connection):
    """Fail in a way that a traceback would tell of."""
    raise ValueError("Doe^Jane")
