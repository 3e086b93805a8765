"""Success is answered when the object is on disk and in the queue, and the answer waits for no model."""

import time

import pytest
from pydicom import dcmread

from lucency.node.jobs import State
from node.peers import ODD_MODEL
from node.promises.modality import TAKEN, Modality

MODEL_S = 5


@pytest.fixture(scope="module")
def slow_node(make_node, faulty_pacs):
    """A node whose model takes its time."""
    return make_node(
        pacs=faulty_pacs.address, overrides=ODD_MODEL, environment={"LUCENCY_ODD_SLEEP": str(MODEL_S)}
    ).start()


def test_the_acknowledgement_waits_for_no_model(slow_node, radiographs):
    times = []
    for _ in range(4):
        image, started = radiographs.frontal(), time.monotonic()
        assert Modality(slow_node.port).send(image) == [TAKEN]
        times.append(time.monotonic() - started)
    assert sorted(times)[1] < 1 < MODEL_S, times
    states = slow_node.health()["jobs"]
    assert states["queued"] + states["running"] >= 3
    assert states["sent"] == 0


def test_what_was_acknowledged_is_on_disk_and_in_the_queue_when_the_node_is_killed_at_once(
    slow_node, radiographs, faulty_pacs
):
    images = [radiographs.frontal() for _ in range(2)]
    assert Modality(slow_node.port).send(*images) == [TAKEN, TAKEN]
    slow_node.kill()
    for image, jobs in slow_node.jobs_of(images).items():
        (job,) = jobs
        assert job.state in (State.QUEUED, State.RUNNING)
        kept = dcmread(slow_node.settings.storage_root / job.path)
        assert kept == dcmread(image)
    slow_node.environment["LUCENCY_ODD_SLEEP"] = "0"
    slow_node.start()
    assert [job.state for job in slow_node.settled(*images)] == [State.SENT, State.SENT]
    everything = slow_node.jobs()
    assert {job.state for job in everything} == {State.SENT}
    assert sorted(len(copies) for copies in faulty_pacs.taken.values()) == [1] * len(everything)
