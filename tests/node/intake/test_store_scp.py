"""The DICOM door: what peers send is taken as it is sent, and acknowledged when it is safe."""

import logging
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import JPEG2000Lossless, RLELossless

from lucency.node.intake import Intake
from lucency.node.intake.accepted_contexts import accepted_contexts
from lucency.node.intake.received_object import PREFIX
from lucency.node.queue import QueueError
from node.intake.intake_parts import CT, QUEUED, radiograph, states, uid_of
from node.intake.served import (
    Served,
    ServedMaker,
    acceptors,
    associated,
    dcmtk,
    half_sent,
    pdu,
    send,
)
from node.ports import wait_until


def test_echo(served: Served) -> None:
    assert dcmtk("echoscu", served.port).returncode == 0
    assert served.metrics.outcomes == ["accepted"]


def test_object_is_stored_as_sent(served: Served, tmp_path: Path) -> None:
    file = radiograph(tmp_path / "a.dcm", kilobytes=300)
    assert "Success" in send(served, file).stderr
    (job,) = served.queue.jobs()
    kept = dcmread(served.storage.root / job.path)  # a complete file: pydicom is not told to force anything
    assert kept == dcmread(file)
    assert (job.sop_instance_uid, job.sender) == (uid_of(file), "CR1")
    assert served.incoming() == []
    assert len(served.metrics.seconds) == 1
    assert 0 < served.metrics.seconds[0] < 5


@pytest.mark.parametrize(("syntax", "option"), [(RLELossless, "-xr"), (JPEG2000Lossless, "-xv")])
def test_compressed_object_stays_compressed(served: Served, tmp_path: Path, syntax: str, option: str) -> None:
    file = radiograph(tmp_path / "a.dcm", syntax=syntax)
    assert "Success" in send(served, file, options=(option,)).stderr
    (job,) = served.queue.jobs()
    kept = dcmread(served.storage.root / job.path)
    assert kept.file_meta.TransferSyntaxUID == syntax
    assert kept.PixelData == dcmread(file).PixelData


def test_other_classes_are_acknowledged(served: Served, tmp_path: Path) -> None:
    assert "Success" in send(served, radiograph(tmp_path / "a.dcm", sop_class=CT)).stderr
    assert states(served.queue) == {"skipped": 1}
    assert list(served.storage.objects.rglob("*.dcm")) == served.incoming() == []


def test_dcmsend_and_many_files_in_one_association(served: Served, tmp_path: Path) -> None:
    files = [radiograph(tmp_path / f"{number}.dcm") for number in range(20)]
    assert dcmtk("dcmsend", served.port, files).returncode == 0
    assert dcmtk("dcmsend", served.port, files).returncode == 0
    assert states(served.queue) == {"queued": 20}
    assert len(list(served.storage.objects.rglob("*.dcm"))) == 20


def test_every_storage_class_and_common_syntax_is_offered() -> None:
    offered = {str(context.abstract_syntax): context.transfer_syntax for context in accepted_contexts()}
    classes = [
        "1",
        "1.1",
        "1.1.1",
        "2",
        "4",
        "6.1",
        "7",
        "11.1",
        "88.11",
        "88.22",
        "88.33",
        "88.34",
        "104.1",
        "128",
        "481.1",
    ]
    assert {f"1.2.840.10008.5.1.4.1.1.{each}" for each in classes} <= set(offered)
    assert offered.pop("1.2.840.10008.1.1")
    syntaxes = ["1", "1.99", "2", "4.50", "4.51", "4.57", "4.70", "4.80", "4.81", "4.90", "4.91", "5"]
    for offer in offered.values():
        assert {"1.2.840.10008.1.2", *(f"1.2.840.10008.1.2.{each}" for each in syntaxes)} <= set(offer)


def test_full_queue_is_out_of_resources_and_recovers(tmp_path: Path, make_served: ServedMaker) -> None:
    served = make_served(max_queue=1)
    files = [radiograph(tmp_path / f"{number}.dcm") for number in range(2)]
    assert "Success" in send(served, files[0]).stderr
    assert "Refused: OutOfResources" in send(served, files[1]).stderr
    served.queue.claim("work", "worker", 60)
    time.sleep(1)
    assert "Success" in send(served, files[1]).stderr
    assert served.metrics.refusals == ["queue"]
    assert served.incoming() == []


def status_of(served: Served, file: Path) -> int:
    association = associated(served.port)
    status = association.send_c_store(dcmread(file))
    association.release()
    assert list(status.keys()) == [0x00000900]  # no comment that could quote anything
    return int(status.Status)


def test_full_disk_is_out_of_resources(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    file = radiograph(tmp_path / "a.dcm", kilobytes=100)
    plain_open = Path.open

    def full(path: Path, *arguments: Any, **options: Any) -> Any:
        return (
            plain_open(Path("/dev/full"), "wb")
            if path.name.startswith(PREFIX)
            else plain_open(path, *arguments, **options)
        )

    with monkeypatch.context() as broken:
        broken.setattr(Path, "open", full)
        assert status_of(served, file) == 0xA700
    assert status_of(served, file) == 0
    assert states(served.queue) == QUEUED


@pytest.mark.parametrize(
    ("error", "status"),
    [(OSError(5, "x"), 0xA700), (QueueError("Planted^Name"), 0xA700), (ValueError("Planted^Name"), 0xC000)],
)
def test_errors_become_statuses(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def take(*_: object, **__: object) -> None:
        raise error

    file = radiograph(tmp_path / "a.dcm")
    with monkeypatch.context() as broken:
        broken.setattr(Intake, "take", take)
        assert status_of(served, file) == status
    assert served.incoming() == []
    assert status_of(served, file) == 0


def test_no_acknowledgement_before_the_object_is_taken(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, entered, leave = Intake.take, threading.Event(), threading.Event()

    def slow(*arguments: Any, **options: Any) -> Any:
        entered.set()
        assert leave.wait(10)
        return take(*arguments, **options)

    monkeypatch.setattr(Intake, "take", slow)
    statuses: list[int] = []
    file = radiograph(tmp_path / "a.dcm")
    sender = threading.Thread(target=lambda: statuses.append(status_of(served, file)))
    sender.start()
    assert entered.wait(10)
    sender.join(0.3)
    assert statuses == []
    leave.set()
    sender.join(10)
    assert statuses == [0]


def test_nothing_of_the_object_is_written_anywhere(
    served: Served, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    file = radiograph(tmp_path / "a.dcm")
    with caplog.at_level(logging.DEBUG):
        send(served, file)
        associated(served.port).abort()
        half_sent(associated(served.port), "1.2.3").sendall(pdu(9, b"nonsense"))
        wait_until(lambda: acceptors() == 0)
    output = capfd.readouterr()
    for planted in ("Planted", "PLANTED", uid_of(file), "CR1"):
        assert planted not in output.out + output.err
        assert planted not in caplog.text
    assert shutil.which("storescu") is None or served.queue.jobs()
