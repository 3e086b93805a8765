"""When the intake refuses: a full queue or disk, a stop, a queue out of reach; and how it takes again."""

import threading
import time
from pathlib import Path

import pytest

from lucency.node.intake import NodeFullError
from lucency.node.intake import intake as intake_module
from lucency.node.jobs import Reception
from lucency.node.queue import QueueError
from node.intake.door import Door
from node.intake.intake_parts import states


def test_queue_is_never_longer_than_its_bound(tmp_path: Path) -> None:
    door = Door(tmp_path, max_queue=20)
    refused = []

    def send(sender: int) -> None:
        for number in range(10):
            try:
                door.take(f"1.{sender}.{number}")
            except NodeFullError as error:
                refused.append(error.reason)

    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(6)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    assert states(door.queue) == {"queued": 20}
    assert refused == ["queue"] * 40 == door.metrics.refusals
    assert len(door.kept()) == 20


def test_queue_takes_again_when_workers_have_caught_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(intake_module.time, "monotonic", lambda: clock[0])
    door = Door(tmp_path, max_queue=1)
    door.take("1.1")
    with pytest.raises(NodeFullError):
        door.take("1.2")
    door.queue.claim("work", "worker", 60)
    assert door.intake.refusal() == "queue"
    clock[0] += intake_module.FRESH_S
    assert door.intake.refusal() is None
    assert door.take("1.2") is Reception.TAKEN


def test_full_disk_and_stop_refuse(tmp_path: Path) -> None:
    door = Door(tmp_path, min_free_mb=10**12)
    with pytest.raises(NodeFullError, match="disk"):
        door.take("1.1")
    assert door.intake.refusal() == "disk"
    door.intake.stop()
    assert door.intake.refusal() == "stopping"
    assert door.kept() == set()


def test_a_queue_that_fails_slowly_is_asked_once_a_second_by_all_together(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def counts() -> None:
        asked.append(time.sleep(0.2))
        raise QueueError("cannot be reached")

    def ask() -> None:
        with pytest.raises(QueueError):
            door.intake.refusal()

    with monkeypatch.context() as broken:
        broken.setattr(door.queue, "counts", counts)
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(asked) == 1
    monkeypatch.setattr(intake_module, "FRESH_S", 0)
    assert door.intake.refusal() is None
