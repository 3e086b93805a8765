"""A full disk is answered A700; what was acknowledged before it filled up gets its result when there is room."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from lucency.node.jobs import State
from node.peers import ODD_MODEL
from node.ports import wait_until
from node.promises.modality import NO_ROOM, TAKEN, Modality, send_as_is

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    """A disk of 40 MB."""
    folder = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}; run as root to test a full one")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture(scope="module")
def cramped(small_disk, make_node, faulty_pacs):
    """A node whose state is on the small disk."""
    node = make_node(
        pacs=faulty_pacs.address,
        overrides=ODD_MODEL,
        state=small_disk / "state",
        min_free_mb=3,
        environment={"LUCENCY_ODD_SLEEP": "1"},
    )
    yield node.start()
    node.stop()


def fill(disk: Path, leave_mb: float) -> Path:
    """Take all room but so much; remove the file to give it back."""
    filler = disk / "filler"
    filler.write_bytes(b"\0" * int(shutil.disk_usage(disk).free - leave_mb * MEGABYTE))
    return filler


def leftovers(node):
    return list((node.settings.storage_root / "incoming").rglob("*.dcm"))


def test_too_little_room_is_back_pressure_and_passes(cramped, small_disk, radiographs):
    image, filler = radiographs.frontal(), fill(small_disk, 2)
    try:
        wait_until(lambda: cramped.get("/readyz")[0] == 503, 10, "not ready")
        assert "disk_full" in cramped.get("/readyz")[1]
        assert Modality(cramped.port).send(image) == [NO_ROOM]
        assert not cramped.jobs_of([image])[image]
        assert not leftovers(cramped)
    finally:
        filler.unlink()
    wait_until(lambda: cramped.get("/readyz")[0] == 200, 10, "ready again")
    assert Modality(cramped.port).send(image) == [TAKEN]
    assert [job.state for job in cramped.settled(image)] == [State.SENT]


def test_a_disk_that_fills_up_while_an_object_arrives(cramped, small_disk, radiographs):
    image, filler = radiographs.marked("large", side=2000), fill(small_disk, 5)
    try:
        wait_until(lambda: cramped.get("/readyz")[0] == 200, 10, "ready")
        assert send_as_is(cramped.port, image) == [0xA700]
        assert not cramped.jobs_of([image])[image]
        assert not leftovers(cramped)
        assert Modality(cramped.port).echo()
    finally:
        filler.unlink()
    wait_until(lambda: Modality(cramped.port).send(image) == [TAKEN], 10, "taken when there is room")
    assert [job.state for job in cramped.settled(image)] == [State.SENT]


def test_a_disk_that_fills_up_before_the_result_is_written(cramped, small_disk, radiographs):
    images = [radiographs.frontal() for _ in range(3)]
    assert Modality(cramped.port).send(*images) == [TAKEN] * 3
    filler = fill(small_disk, 0)
    try:
        wait_until(lambda: cramped.get("/readyz")[0] == 503, 10, "not ready")
        time.sleep(5)  # long enough for a result that cannot be written
    finally:
        filler.unlink()
    jobs = cramped.settled(*images, seconds=60)
    for job in jobs:
        assert job.state is State.SENT or (job.state is State.DEAD and job.kind and job.reason), job
    wait_until(lambda: cramped.get("/readyz")[0] == 200, 20, "ready again")
    cramped.queue.retry()
    wait_until(lambda: {job.state for job in cramped.settled(*images)} == {State.SENT}, 60, "all are sent in the end")
