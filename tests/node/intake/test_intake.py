"""The intake: one job for each object, nothing acknowledged that is not on disk, and never too much."""

import threading
from hashlib import sha256
from pathlib import Path

import pytest

from lucency.node.intake import intake as intake_module
from lucency.node.jobs import Kind, Reception
from lucency.node.queue import DiskFullError, QueueError
from node.intake.door import Door
from node.intake.intake_parts import CR, CT, QUEUED, arrival, finish, states


def test_object_is_kept_and_queued(door: Door) -> None:
    assert door.take("1.2.3") is Reception.TAKEN
    job = door.queue.find("1.2.3", "recipe")
    assert job is not None
    assert (door.storage.root / job.path).read_bytes() == b"image"
    assert (job.sender, job.sop_class_uid) == ("CR1", CR)
    assert door.metrics.receptions == [Reception.TAKEN]


def test_same_object_again_is_known_and_leaves_nothing(door: Door) -> None:
    door.take("1.2.3")
    before = door.kept()
    assert door.take("1.2.3") is Reception.KNOWN
    assert door.take("1.2.3", b"other content, but the first waits") is Reception.KNOWN
    assert door.kept() == before == door.queue.paths()
    assert states(door.queue) == QUEUED


def test_digest_is_computed_only_where_it_decides(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "sha256_of", None)  # calling it would raise
    door.take("1.2.3")
    assert door.take("1.2.3") is Reception.KNOWN
    finish(door.queue, "built", ["reports/1/1-report.dcm"], "recipe", "digest")
    assert door.take("1.2.3", b"another") is Reception.KNOWN


@pytest.mark.parametrize(("end", "kind"), [("skipped", Kind.REFUSED_BY_GUARD), ("dead", Kind.UNREADABLE)])
def test_other_content_replaces_what_got_no_result(door: Door, end: str, kind: Kind) -> None:
    door.take("1.2.3", b"bad")
    finish(door.queue, end, kind, "reason")
    assert door.take("1.2.3", b"bad") is Reception.KNOWN  # its digest comes from the file, no worker has told it
    assert door.take("1.2.3", b"good") is Reception.REPLACED
    assert door.kept() == door.queue.paths()
    assert states(door.queue) == QUEUED
    job = door.queue.find("1.2.3", "recipe")
    assert job is not None
    assert (door.storage.root / job.path).read_bytes() == b"good"


def test_dead_with_products_is_not_replaced(door: Door) -> None:
    door.take("1.2.3", b"image")
    finish(door.queue, "built", ["reports/1/1-report.dcm"], "recipe", "digest")
    (job,) = door.queue.claim("delivery", "courier", 60)
    assert door.queue.dead(job, Kind.REFUSED_BY_PACS, "reason")
    assert door.take("1.2.3", b"another") is Reception.KNOWN


def test_other_classes_are_skipped_without_a_file(door: Door) -> None:
    assert door.take("1.2.3", sop_class=CT) is Reception.TAKEN
    assert door.take("1.2.3", b"another", sop_class=CT) is Reception.KNOWN
    job = door.queue.find("1.2.3", "recipe")
    assert job is not None
    assert (job.state.value, job.kind, job.path) == ("skipped", Kind.NOT_CANDIDATE, "")
    assert door.kept() == set()


@pytest.mark.parametrize(("error", "stays"), [(RuntimeError("x"), 0), (DiskFullError("x"), 0), (QueueError("x"), 1)])
def test_failed_entry_is_not_acknowledged(
    door: Door, monkeypatch: pytest.MonkeyPatch, error: Exception, stays: int
) -> None:
    def put(*_: object) -> Reception:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(door.queue, "put", put)
        with pytest.raises(type(error)):
            door.take("1.2.3")
    assert len(door.kept()) == stays  # what may have been entered all the same is left to housekeeping
    assert door.metrics.receptions == []
    assert door.take("1.2.3") is Reception.TAKEN


def test_failed_keep_removes_the_file(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def keep(received: Path) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(door.storage, "keep", keep)
    with pytest.raises(OSError, match="No space"):
        door.take("1.2.3")
    assert states(door.queue) == {}


def test_two_modalities_at_once_make_one_job(door: Door) -> None:
    barrier = threading.Barrier(4)
    receptions = []

    def send() -> None:
        barrier.wait()
        receptions.append(door.take("1.2.3"))

    senders = [threading.Thread(target=send) for _ in range(4)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    assert sorted(receptions) == [Reception.KNOWN] * 3 + [Reception.TAKEN]
    assert door.kept() == door.queue.paths()


def test_a_job_made_elsewhere_is_respected(door: Door) -> None:
    door.queue.put(arrival("1.2.3", "objects/ab/other.dcm"))
    assert door.take("1.2.3") is Reception.KNOWN
    assert door.queue.paths() == {"objects/ab/other.dcm"}


def test_an_object_that_was_lost_and_is_sent_again_is_a_job_again(door: Door) -> None:
    door.take("1.2.3", b"image")
    (job,) = door.queue.claim("work", "worker", 60)
    assert door.queue.built(job, ["reports/1/1-report.dcm"], "recipe", sha256(b"image").hexdigest())
    (job,) = door.queue.claim("delivery", "courier", 60)
    assert door.queue.dead(job, Kind.NODE_FAILURE, "results are lost")
    door.queue.clear_products(job.id)
    door.storage.remove(job.path)
    door.queue.retry()
    (job,) = door.queue.claim("work", "worker", 60)
    assert door.queue.dead(job, Kind.NODE_FAILURE, "its file is lost", "lost")
    assert door.take("1.2.3", b"image") is Reception.REPLACED
    assert states(door.queue) == QUEUED
