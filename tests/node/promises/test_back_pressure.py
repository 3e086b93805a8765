"""A full queue is answered A700, nothing of it is kept, and it passes."""

import time

import pytest

from lucency.node.jobs import State
from node.peers import ODD_MODEL
from node.ports import wait_until
from node.promises.modality import NO_ROOM, TAKEN, Modality

MAX_QUEUE = 2
MODEL_S = 1.5


@pytest.fixture(scope="module")
def narrow(make_node, faulty_pacs):
    """A node that lets two objects wait, for a model that takes its time."""
    environment = {"LUCENCY_ODD_SLEEP": str(MODEL_S)}
    return make_node(
        pacs=faulty_pacs.address, overrides=ODD_MODEL, max_queue=MAX_QUEUE, environment=environment, max_associations=3
    ).start()


def test_a_full_queue_refuses_for_now_and_recovers(narrow, radiographs):
    images = [radiographs.frontal() for _ in range(8)]
    started = time.monotonic()
    answers = dict(zip(images, Modality(narrow.port).send(*images), strict=True))
    worked_on = 2 + int((time.monotonic() - started) / MODEL_S)
    assert set(answers.values()) == {TAKEN, NO_ROOM}
    taken = [image for image, answer in answers.items() if answer == TAKEN]
    refused = [image for image, answer in answers.items() if answer == NO_ROOM]
    assert MAX_QUEUE <= len(taken) <= MAX_QUEUE + worked_on
    assert not any(narrow.jobs_of(refused).values())
    assert len(list(narrow.settings.storage_root.rglob("*.dcm"))) <= len(taken) * 2

    def sent_one_more():
        image = refused[0]
        return Modality(narrow.port).send(image) == [TAKEN] and refused.remove(image) is None

    for _ in tuple(refused):
        wait_until(sent_one_more, 60, "what was refused is taken later")
    assert {job.state for job in narrow.settled(*images)} == {State.SENT}


def test_readiness_tells_of_the_full_queue(narrow, radiographs):
    def full():
        Modality(narrow.port).send(radiographs.frontal(), radiographs.frontal())
        return narrow.get("/readyz")[0] == 503

    wait_until(full, 30, "not ready when the queue is full")
    assert "queue_full" in narrow.get("/readyz")[1]
    assert narrow.health()["accepting"] is False
    assert narrow.health()["status"] == "degraded"
    wait_until(lambda: narrow.get("/readyz")[0] == 200, 30, "ready again")
    wait_until(lambda: narrow.health()["status"] == "ok", 30, "and well")


def test_more_associations_than_allowed_are_rejected_and_places_come_back(narrow):
    from pynetdicom import AE

    entity = AE("MANY")
    entity.add_requested_context("1.2.840.10008.1.1")
    held = [entity.associate("127.0.0.1", narrow.port, ae_title=narrow.settings.aet) for _ in range(5)]
    try:
        assert [one.is_established for one in held] == [True, True, True, False, False]
        assert all(one.is_rejected for one in held[3:])
        assert not Modality(narrow.port).echo()
    finally:
        for one in held:
            if one.is_established:
                one.release()
    wait_until(Modality(narrow.port).echo, 10, "a place comes back")
