"""A state folder with jobs, and a supervisor of stand-ins over it."""

import multiprocessing
from contextlib import contextmanager

from lucency.node.jobs import Arrival, State
from lucency.node.queue import open_queue
from lucency.node.settings import node_settings
from lucency.node.work.supervisor import Supervisor
from node.work import stand_ins

NODE = "here"
LIGHT = ("lucency.node.work.child", "lucency.node.queue")
"""What stand-ins import; not they themselves, for the fork server does not know the folder of the tests."""


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
