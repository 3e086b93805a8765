"""Two nodes over one PostgreSQL and one folder are one node, also when one of them is killed."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from lucency.node.jobs import State
from node.peers import LONG, ODD_MODEL
from node.ports import wait_until
from node.postgres import running_server
from node.promises.modality import TAKEN, Modality

IMAGES = 120 if LONG else 30
CLAIMED = 17
"""Jobs that a killed node can have leased: one at its worker, sixteen at its courier."""


@pytest.fixture(scope="module")
def pair(make_node, faulty_pacs, tmp_path_factory):
    """Two nodes."""
    url = running_server().new_database()
    shared = tmp_path_factory.mktemp("shared")
    together = {"pacs": faulty_pacs.address, "queue": url, "storage": shared}
    unhurried = {"overrides": ODD_MODEL, "environment": {"LUCENCY_ODD_SLEEP": "0.3"}}
    nodes = [make_node(**together, **unhurried, lease_s=10) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda node: node.start(), nodes))


def open_jobs(node):
    return [job for job in node.jobs() if job.state not in (State.SENT, State.SKIPPED, State.DEAD)]


def built_by(node):
    return {event["job"] for event in node.events() if event.get("event") == "job_built"}


def test_two_nodes_answer_every_image_once_and_one_goes_on_without_the_other(pair, radiographs, faulty_pacs):
    images = [radiographs.frontal() for _ in range(IMAGES)]
    with ThreadPoolExecutor(2) as pool:
        streams = [pool.submit(Modality(node.port).send, *images) for node in pair]
        answers = [stream.result() for stream in streams]
    assert answers == [[TAKEN] * IMAGES] * 2
    assert len(pair[0].jobs()) == IMAGES
    wait_until(lambda: all(map(built_by, pair)), 60, "both are at work")
    pair[0].kill()
    assert open_jobs(pair[1]), "too late: nothing was left to do"
    wait_until(lambda: len(open_jobs(pair[1])) <= CLAIMED, 90, "the other goes on")
    pair[0].start()
    jobs = pair[0].settled(*images, seconds=120)
    assert {job.state for job in jobs} == {State.SENT}
    assert len({name for job in jobs for name in job.products}) == IMAGES
    assert len(faulty_pacs.taken) == IMAGES
    assert {len(set(copies)) for copies in faulty_pacs.taken.values()} == {1}


def test_both_nodes_have_worked(pair):
    done = [built_by(node) for node in pair]
    assert all(done)
    assert not done[0] & done[1]
    assert len(done[0] | done[1]) == IMAGES


def test_both_tell_the_same_numbers(pair):
    wait_until(lambda: pair[0].health()["jobs"] == pair[1].health()["jobs"], 10, "the same numbers")
    assert pair[0].health()["jobs"]["sent"] == IMAGES


def test_two_workers_of_a_node_share_its_queue(hospital, radiographs):
    images = [radiographs.frontal() for _ in range(16)]
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda part: Modality(hospital.port).send(*part), [images[n::4] for n in range(4)])
        assert [answer for part in answers for answer in part] == [TAKEN] * 16
    jobs = hospital.settled(*images)
    assert {job.state for job in jobs} == {State.SENT}
    periods = sorted((job.started, job.built) for job in jobs)
    assert any(following[0] < one[1] for one, following in pairwise(periods)), "never two at once"
    built = [event["job"] for event in hospital.events() if event.get("event") == "job_built"]
    assert len(built) == len(set(built))
