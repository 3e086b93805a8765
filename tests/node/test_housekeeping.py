"""What nobody needs is removed; what somebody may need is not."""

import os
import time
from pathlib import Path

import pytest

from lucency.node.housekeeping import DAY, YOUNG, Housekeeping
from lucency.node.jobs import Arrival, Job, Kind
from lucency.node.queue import JobQueue, open_queue
from lucency.node.settings import node_settings
from lucency.node.storage import Storage


@pytest.fixture
def node(tmp_path: Path) -> tuple[JobQueue, Storage]:
    settings = node_settings({"bundle": "b", "state": str(tmp_path), "pacs": "PACS@127.0.0.1:4242"})
    return open_queue(settings), Storage(settings.storage_root, "one")


def aged(path: Path) -> Path:
    before = time.time() - YOUNG - 60
    os.utime(path, (before, before))
    return path


def kept(storage: Storage, content: bytes = b"x") -> str:
    file = storage.incoming / "received"
    file.write_bytes(content)
    return storage.keep(file)


def published(queue: JobQueue, storage: Storage, uid: str) -> Job:
    queue.put(Arrival(uid, "1.2", "CR", kept(storage), "r"))
    (job,) = queue.claim("work", "one/worker-1", 60)
    with storage.publication(job.name) as folder:
        (folder / "1-report.dcm").write_bytes(b"report")
    assert queue.built(job, storage.published(job.name), "r", "")
    return job


def test_an_object_that_no_job_knows_goes_after_an_hour(node: tuple[JobQueue, Storage]) -> None:
    queue, storage = node
    waiting, lost, fresh = kept(storage), kept(storage), kept(storage)
    queue.put(Arrival("1.1", "1.2", "CR", waiting, "r"))
    aged(storage.root / waiting)
    aged(storage.root / lost)
    assert Housekeeping(queue, storage, keep_days=30).tidy() == 1
    assert [(storage.root / path).exists() for path in (waiting, lost, fresh)] == [True, False, True]


def test_results_go_when_their_days_are_over_and_not_before_they_were_sent(node: tuple[JobQueue, Storage]) -> None:
    queue, storage = node
    sent, unsent = published(queue, storage, "1.1"), published(queue, storage, "1.2")
    (job,) = queue.claim("delivery", "one/courier", 60)
    assert job.id == sent.id
    assert queue.sent(job)
    assert Housekeeping(queue, storage, keep_days=1).tidy() == 0
    assert Housekeeping(queue, storage, keep_days=-1 / DAY).tidy() == 1
    assert storage.published(sent.name) == ()
    assert storage.published(unsent.name)
    there = queue.get(sent.id)
    assert there is not None
    assert there.products == ()


def test_results_without_a_job_go_and_those_of_a_job_that_is_tried_again_stay(node: tuple[JobQueue, Storage]) -> None:
    queue, storage = node
    queue.put(Arrival("1.1", "1.2", "CR", kept(storage), "r"))
    (running,) = queue.claim("work", "one/worker-1", 60)
    queue.put(Arrival("1.2", "1.2", "CR", "", "r", kind=Kind.NOT_CANDIDATE))
    skipped = queue.find("1.2", "r")
    assert skipped is not None
    for name in (running.name, skipped.name, f"{running.id}-of-another-queue", "4711-x"):
        with storage.publication(name) as folder:
            (folder / "1-report.dcm").write_bytes(b"report")
        aged(storage.reports / name)
    half = storage.reports / ".5.abc"
    half.mkdir()
    aged(half)
    Housekeeping(queue, storage, keep_days=30).tidy()
    assert [folder.name for folder in storage.reports.iterdir()] == [running.name]


def test_what_a_kill_left_half_received_goes_from_all_nodes(node: tuple[JobQueue, Storage]) -> None:
    queue, storage = node
    other = Storage(storage.root, "two")
    (other.incoming / "half").write_bytes(b"x")
    (storage.incoming / "coming").write_bytes(b"x")
    aged(other.incoming / "half")
    assert Housekeeping(queue, storage, keep_days=30).tidy() == 1
    assert (storage.incoming / "coming").exists()


def test_a_round_that_fails_is_followed_by_another(
    node: tuple[JobQueue, Storage], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, storage = node
    rounds: list[float] = []

    def fails(self: Housekeeping) -> int:
        rounds.append(time.monotonic())
        raise OSError("full")

    monkeypatch.setattr(Housekeeping, "tidy", fails)
    house = Housekeeping(queue, storage, keep_days=30, every_s=0.01)
    house.start()
    until = time.monotonic() + 5
    while len(rounds) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    house.stop()
    assert len(rounds) >= 3
