"""SIGTERM: the job at hand is finished, the rest stays in the queue, nothing new is taken, the exit code is 0."""

import signal
import time

import psutil
import pytest

from lucency.node.jobs import State
from node.peers import ODD_MODEL, lives
from node.ports import wait_until
from node.promises.modality import TAKEN, Modality


@pytest.fixture(scope="module")
def slow_node(make_node, faulty_pacs):
    """A node whose model takes its time."""
    return make_node(pacs=faulty_pacs.address, overrides=ODD_MODEL, environment={"LUCENCY_ODD_SLEEP": "3"}).start()


def test_a_node_that_is_told_to_end_finishes_its_job_and_loses_nothing(slow_node, radiographs, faulty_pacs):
    images = [radiographs.frontal() for _ in range(4)]
    assert Modality(slow_node.port).send(*images) == [TAKEN] * 4
    running = wait_until(
        lambda: [job for job in slow_node.jobs() if job.state is State.RUNNING], 20, "a worker has a job"
    )
    children = psutil.Process(slow_node.process.pid).children(recursive=True)
    slow_node.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    late = radiographs.frontal()
    assert Modality(slow_node.port).send(late) != [TAKEN]
    assert slow_node.process.wait(60) == 0, slow_node.said()[-3000:]
    wait_until(lambda: not any(map(lives, children)), 5, f"children are gone ({children})")

    states = {job.id: job.state for job in slow_node.jobs()}
    assert len(states) == len(images)
    assert states[running[0].id] in (State.BUILT, State.SENT)
    assert State.RUNNING not in states.values()
    assert State.QUEUED in states.values()
    assert not slow_node.jobs_of([late])[late]

    slow_node.environment["LUCENCY_ODD_SLEEP"] = "0"
    slow_node.start()
    jobs = slow_node.settled(*images)
    assert [job.state for job in jobs] == [State.SENT] * 4
    assert [len(copies) for copies in faulty_pacs.taken.values()] == [1] * 4


def test_ending_and_starting_are_logged(slow_node):
    told = [event.get("event") for event in slow_node.events()]
    assert told.count("node_stopping") == told.count("node_stopped") == 1
    assert told.index("node_ready") < told.index("node_stopping") < told.index("node_stopped")
