"""The PACS is away, refuses, is busy or hangs; a worker hangs, dies or eats memory: all is told, nothing is lost."""

import subprocess
import sys
import time

import pytest

from lucency.node.jobs import Kind, State
from node.peers import LONG, ODD_MODEL
from node.ports import wait_until
from node.promises.faulty_pacs import BUSY, CANNOT_UNDERSTAND, DUPLICATE, HANG, REJECT, SUCCESS, WARNING
from node.promises.modality import TAKEN, Modality

LEASE_S = 4


@pytest.fixture(scope="module")
def node(make_node, faulty_pacs):
    """A node that gives up after two attempts."""
    return make_node(
        pacs=faulty_pacs.address, overrides=ODD_MODEL, lease_s=LEASE_S, attempts=2, mem_mb=700, retry_cap=0.5
    ).start()


@pytest.fixture(autouse=True)
def _friendly_again(faulty_pacs):
    yield
    faulty_pacs.mood = SUCCESS
    faulty_pacs.start()


def send(node, *images):
    assert Modality(node.port).send(*images) == [TAKEN] * len(images)


def built(node, *images):
    def all_built():
        jobs = [job for found in node.jobs_of(images).values() for job in found]
        return jobs if {job.state for job in jobs} == {State.BUILT} else None

    return wait_until(all_built, 30, "all built")


def copies_of(pacs, node, images):
    """Data sets that the PACS was sent as the results of some images, and those it has taken."""
    from pydicom import dcmread

    products = [node.settings.storage_root / name for job in node.settled(*images) for name in job.products]
    uids = [str(dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in products]
    return [pacs.received[uid] for uid in uids], [pacs.taken[uid] for uid in uids]


def test_results_wait_for_a_pacs_that_is_away(node, faulty_pacs, radiographs):
    images = [radiographs.frontal() for _ in range(3)]
    faulty_pacs.stop()
    send(node, *images)
    built(node, *images)
    wait_until(lambda: node.health()["pacs"] == "unreachable", 20, "the node has noticed")
    assert node.get("/readyz")[0] == 200  # images are taken all the same
    faulty_pacs.start()
    assert [job.state for job in node.settled(*images)] == [State.SENT] * 3
    assert [len(copies) for copies in copies_of(faulty_pacs, node, images)[1]] == [1] * 3
    wait_until(lambda: node.health()["pacs"] == "ok", 20, "the node has noticed that, too")


@pytest.mark.parametrize("mood", [REJECT, BUSY], ids=["rejects associations", "busy, A700"])
def test_results_wait_for_a_pacs_that_cannot_take_them_now(node, faulty_pacs, radiographs, mood):
    image = radiographs.frontal()
    faulty_pacs.mood = mood
    send(node, image)
    built(node, image)
    wait_until(lambda: node.health()["pacs"] == "unreachable", 20, "the node has noticed")
    time.sleep(2)  # many more tries than a job that is refused would have
    built(node, image)
    faulty_pacs.mood = SUCCESS
    assert [job.state for job in node.settled(image)] == [State.SENT]
    received, taken = copies_of(faulty_pacs, node, [image])
    assert [len(copies) for copies in taken] == [1]
    assert len(set(received[0])) == 1
    assert (len(received[0]) > 2) == (mood == BUSY)


@pytest.mark.parametrize("mood", [DUPLICATE, WARNING], ids=["duplicate", "warning"])
def test_a_pacs_that_has_it_has_taken_it(node, faulty_pacs, radiographs, mood):
    image = radiographs.frontal()
    faulty_pacs.mood = mood
    send(node, image)
    assert [job.state for job in node.settled(image)] == [State.SENT]


def test_what_the_pacs_refuses_is_dead_until_somebody_retries_it(node, faulty_pacs, radiographs):
    image = radiographs.frontal()
    faulty_pacs.mood = CANNOT_UNDERSTAND
    send(node, image)
    (job,) = node.settled(image)
    assert (job.state, job.kind, job.attempts) == (State.DEAD, Kind.REFUSED_BY_PACS, 2)
    assert "C000" in job.reason
    listed = jobs_command(node, "list", "--only", "dead")
    assert str(job.id) in listed
    assert "refused_by_pacs" in listed
    faulty_pacs.mood = SUCCESS
    jobs_command(node, "retry", str(job.id))
    wait_until(lambda: node.settled(image)[0].state is State.SENT, 20, "sent after a retry")
    received, taken = copies_of(faulty_pacs, node, [image])
    assert len(received[0]) == 3
    assert len(set(received[0])) == 1
    assert len(taken[0]) == 1


def jobs_command(node, *arguments):
    command = [sys.executable, "-m", "lucency", "node", "jobs", *arguments, "--state", str(node.settings.state)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=node.environment).stdout


@pytest.mark.timeout(180)
def test_a_pacs_that_hangs_holds_up_no_intake(node, faulty_pacs, radiographs):
    first, second = radiographs.frontal(), radiographs.frontal()
    faulty_pacs.mood = HANG
    send(node, first)
    wait_until(lambda: sum(map(len, faulty_pacs.received.values())), 20, "the PACS has it")
    started = time.monotonic()
    send(node, second)
    assert time.monotonic() - started < 5
    built(node, second)
    if LONG:
        time.sleep(45)  # longer than the courier waits for an answer
    faulty_pacs.mood = SUCCESS
    assert [job.state for job in node.settled(first, second)] == [State.SENT] * 2
    received, _ = copies_of(faulty_pacs, node, [first, second])
    assert [len(set(copies)) for copies in received] == [1, 1]
    if LONG:
        assert len(received[0]) > 1


def test_images_that_hang_kill_or_starve_a_worker_cost_only_themselves(node, radiographs):
    marks = {"top": Kind.TIME_LIMIT, "bottom": Kind.CRASHED, "left": Kind.MEMORY_LIMIT}
    bad = [radiographs.marked(mark) for mark in marks]
    good = [radiographs.marked("none"), radiographs.frontal()]
    send(node, *bad, *good)
    jobs = node.settled(*bad, *good, seconds=6 * LEASE_S + 60)
    assert [(job.state, job.kind) for job in jobs[:3]] == [(State.DEAD, kind) for kind in marks.values()]
    assert [job.state for job in jobs[3:]] == [State.SENT] * 2
    assert [job.attempts for job in jobs[:3]] == [2, 2, 2]
    assert node.health()["reasons"]["dead"].items() >= {kind.value: 1 for kind in marks.values()}.items()
    assert all((node.settings.storage_root / job.path).is_file() for job in jobs[:3])
    wait_until(lambda: node.get("/readyz")[0] == 200, 20, "a worker is ready again")
