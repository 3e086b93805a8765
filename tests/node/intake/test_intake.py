"""The intake: one job for each object, nothing acknowledged that is not on disk, and never too much."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lucency.node.intake import Intake, NodeFullError
from lucency.node.intake import intake as intake_module
from lucency.node.jobs import Kind, Reception
from lucency.node.queue import DiskFullError, JobQueue, QueueError, open_queue
from lucency.node.storage import Storage
from node.intake.intake_parts import CR, CT, QUEUED, Memory, arrival, finish, settings_of, states


class Parts:
    def __init__(self, folder: Path, **changes: Any) -> None:
        self.settings = settings_of(folder, **changes)
        self.queue: JobQueue = open_queue(self.settings)
        self.storage = Storage(self.settings.storage_root, "n1")
        self.metrics = Memory()
        self.intake = Intake(self.queue, self.storage, "recipe", self.settings, self.metrics)
        self.made = 0

    def take(self, uid: str, content: bytes = b"image", sop_class: str = CR) -> Reception:
        self.made += 1
        received = self.storage.incoming / f"{self.made}-{threading.get_ident()}-{time.monotonic_ns()}.dcm"
        received.write_bytes(content)
        try:
            return self.intake.take(received, sop_instance_uid=uid, sop_class_uid=sop_class, sender="CR1")
        finally:
            assert not received.exists()

    def kept(self) -> set[str]:
        return {str(file.relative_to(self.storage.root)) for file in self.storage.objects.rglob("*.dcm")}


@pytest.fixture
def parts(tmp_path: Path) -> Any:
    made = Parts(tmp_path)
    yield made
    made.queue.close()


def test_object_is_kept_and_queued(parts: Parts) -> None:
    assert parts.take("1.2.3") is Reception.TAKEN
    job = parts.queue.find("1.2.3", "recipe")
    assert job is not None
    assert (parts.storage.root / job.path).read_bytes() == b"image"
    assert (job.sender, job.sop_class_uid) == ("CR1", CR)
    assert parts.metrics.receptions == [Reception.TAKEN]


def test_same_object_again_is_known_and_leaves_nothing(parts: Parts) -> None:
    parts.take("1.2.3")
    before = parts.kept()
    assert parts.take("1.2.3") is Reception.KNOWN
    assert parts.take("1.2.3", b"other content, but the first waits") is Reception.KNOWN
    assert parts.kept() == before == parts.queue.paths()
    assert states(parts.queue) == QUEUED


def test_digest_is_computed_only_where_it_decides(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "sha256_of", None)  # calling it would raise
    parts.take("1.2.3")
    assert parts.take("1.2.3") is Reception.KNOWN
    finish(parts.queue, "built", ["reports/1/1-report.dcm"], "recipe", "digest")
    assert parts.take("1.2.3", b"another") is Reception.KNOWN


@pytest.mark.parametrize(("end", "kind"), [("skipped", Kind.REFUSED_BY_GUARD), ("dead", Kind.UNREADABLE)])
def test_other_content_replaces_what_got_no_result(parts: Parts, end: str, kind: Kind) -> None:
    parts.take("1.2.3", b"bad")
    finish(parts.queue, end, kind, "reason")
    assert parts.take("1.2.3", b"bad") is Reception.KNOWN  # its digest comes from the file, no worker has told it
    assert parts.take("1.2.3", b"good") is Reception.REPLACED
    assert parts.kept() == parts.queue.paths()
    assert states(parts.queue) == QUEUED
    job = parts.queue.find("1.2.3", "recipe")
    assert job is not None
    assert (parts.storage.root / job.path).read_bytes() == b"good"


def test_dead_with_products_is_not_replaced(parts: Parts) -> None:
    parts.take("1.2.3", b"image")
    finish(parts.queue, "built", ["reports/1/1-report.dcm"], "recipe", "digest")
    (job,) = parts.queue.claim("delivery", "courier", 60)
    assert parts.queue.dead(job, Kind.REFUSED_BY_PACS, "reason")
    assert parts.take("1.2.3", b"another") is Reception.KNOWN


def test_other_classes_are_skipped_without_a_file(parts: Parts) -> None:
    assert parts.take("1.2.3", sop_class=CT) is Reception.TAKEN
    assert parts.take("1.2.3", b"another", sop_class=CT) is Reception.KNOWN
    job = parts.queue.find("1.2.3", "recipe")
    assert job is not None
    assert (job.state.value, job.kind, job.path) == ("skipped", Kind.NOT_CANDIDATE, "")
    assert parts.kept() == set()


@pytest.mark.parametrize(("error", "stays"), [(RuntimeError("x"), 0), (DiskFullError("x"), 0), (QueueError("x"), 1)])
def test_failed_entry_is_not_acknowledged(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, error: Exception, stays: int
) -> None:
    def put(*_: object) -> Reception:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(parts.queue, "put", put)
        with pytest.raises(type(error)):
            parts.take("1.2.3")
    assert len(parts.kept()) == stays  # what may have been entered all the same is left to housekeeping
    assert parts.metrics.receptions == []
    assert parts.take("1.2.3") is Reception.TAKEN


def test_failed_keep_removes_the_file(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    def keep(received: Path) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts.storage, "keep", keep)
    with pytest.raises(OSError, match="No space"):
        parts.take("1.2.3")
    assert states(parts.queue) == {}


def test_queue_is_never_longer_than_its_bound(tmp_path: Path) -> None:
    parts = Parts(tmp_path, max_queue=20)
    refused = []

    def send(sender: int) -> None:
        for number in range(10):
            try:
                parts.take(f"1.{sender}.{number}")
            except NodeFullError as error:
                refused.append(error.reason)

    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(6)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    assert states(parts.queue) == {"queued": 20}
    assert refused == ["queue"] * 40 == parts.metrics.refusals
    assert len(parts.kept()) == 20


def test_queue_takes_again_when_workers_have_caught_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(intake_module.time, "monotonic", lambda: clock[0])
    parts = Parts(tmp_path, max_queue=1)
    parts.take("1.1")
    with pytest.raises(NodeFullError):
        parts.take("1.2")
    parts.queue.claim("work", "worker", 60)
    assert parts.intake.refusal() == "queue"
    clock[0] += intake_module.FRESH_S
    assert parts.intake.refusal() is None
    assert parts.take("1.2") is Reception.TAKEN


def test_full_disk_and_stop_refuse(tmp_path: Path) -> None:
    parts = Parts(tmp_path, min_free_mb=10**12)
    with pytest.raises(NodeFullError, match="disk"):
        parts.take("1.1")
    assert parts.intake.refusal() == "disk"
    parts.intake.stop()
    assert parts.intake.refusal() == "stopping"
    assert parts.kept() == set()


def test_two_modalities_at_once_make_one_job(parts: Parts) -> None:
    barrier = threading.Barrier(4)
    receptions = []

    def send() -> None:
        barrier.wait()
        receptions.append(parts.take("1.2.3"))

    senders = [threading.Thread(target=send) for _ in range(4)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    assert sorted(receptions) == [Reception.KNOWN] * 3 + [Reception.TAKEN]
    assert parts.kept() == parts.queue.paths()


def test_a_job_made_elsewhere_is_respected(parts: Parts) -> None:
    parts.queue.put(arrival("1.2.3", "objects/ab/other.dcm"))
    assert parts.take("1.2.3") is Reception.KNOWN
    assert parts.queue.paths() == {"objects/ab/other.dcm"}
