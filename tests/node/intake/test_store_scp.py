"""The DICOM door: takes what peers send, as sent, and is not held up by those that misbehave."""

import contextlib
import gc
import logging
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import JPEG2000Lossless, RLELossless

from lucency.errors import ConfigError
from lucency.node.intake import Intake, Patience, StoreScp
from lucency.node.intake.accepted_contexts import accepted_contexts
from lucency.node.intake.association_server import SPARE_CONNECTIONS
from lucency.node.intake.guarded_socket import LONGEST_PDU
from lucency.node.intake.received_object import PREFIX
from lucency.node.queue import QueueError
from node.intake.intake_parts import CT, QUEUED, radiograph, settings_of, states, uid_of
from node.intake.served import (
    HASTY,
    SHORT,
    Served,
    acceptors,
    associated,
    data_fragment,
    dcmtk,
    eventually,
    half_sent,
    pdu,
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path, SHORT)
    yield made
    made.stop()


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path, HASTY)
    yield made
    made.stop()


def serve(tmp_path: Path, request: pytest.FixtureRequest, **changes: Any) -> Served:
    made = Served(tmp_path, SHORT, **changes)
    request.addfinalizer(made.stop)
    return made


def send(
    served: Served, *files: Path, called: str = "NODE", calling: str = "CR1", options: tuple[str, ...] = ()
) -> Any:
    return dcmtk("storescu", served.port, *options, files, called=called, calling=calling)


def echoes(served: Served) -> bool:
    association = associated(served.port)
    try:
        return association.is_established and association.send_c_echo().Status == 0
    finally:
        association.release()


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


@pytest.mark.parametrize(
    ("called", "calling", "kind"), [("OTHER", "CR1", "called_ae"), ("NODE", "STRANGER", "calling_ae")]
)
def test_ae_titles(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    called: str,
    calling: str,
    kind: str,
) -> None:
    served = serve(tmp_path, request, allow=("CR1", "CR2"))
    with caplog.at_level(logging.INFO, "lucency.node"):
        assert send(served, radiograph(tmp_path / "a.dcm"), called=called, calling=calling).returncode != 0
        assert send(served, radiograph(tmp_path / "b.dcm"), calling="CR2").returncode == 0
    assert served.metrics.alerts == [kind]
    assert sorted(served.metrics.outcomes) == ["accepted", "refused"]
    (record,) = [each for each in caplog.records if each.message == "association_refused"]
    assert record.kind == kind
    assert calling not in caplog.text or calling == "CR1"
    assert states(served.queue) == QUEUED


def test_full_queue_is_out_of_resources_and_recovers(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    served = serve(tmp_path, request, max_queue=1)
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
    [(OSError(28, "x"), 0xA700), (QueueError("Planted^Name"), 0xC000), (ValueError("Planted^Name"), 0xC000)],
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


def test_tcp_probes_do_not_hold_up(tmp_path: Path) -> None:
    served = Served(tmp_path)  # with the timeouts of real life
    try:
        for _ in range(100):
            served.connect().close()
        started = time.monotonic()
        assert echoes(served)
        assert time.monotonic() - started < 5
        eventually(lambda: acceptors() == 0)
        assert served.metrics.alerts == []
    finally:
        served.stop()


@pytest.mark.parametrize(
    "start",
    [b"", b"\x01\x00\x00\x00\x10\x00half", b"GET / HTTP/1.1\r\n\r\n", pdu(4, b"\0" * 20), b"\x01\x00\xff\xff\xff\xff"],
)
def test_strange_and_silent_connections_do_not_hold_up(hasty: Served, start: bytes) -> None:
    connections = [hasty.connect(start) for _ in range(20)]
    eventually(lambda: echoes(hasty), 5)
    eventually(lambda: acceptors() == 0)
    for connection in connections:
        connection.close()
    eventually(lambda: echoes(hasty), 5)


def test_aborted_object_leaves_nothing(served: Served) -> None:
    association = associated(served.port)
    half_sent(association)
    eventually(lambda: len(served.incoming()) == 1)
    association.abort()
    eventually(lambda: served.incoming() == [] and acceptors() == 0)
    assert states(served.queue) == {}


def test_peer_that_hangs_within_a_pdu_is_dropped(served: Served) -> None:
    association = associated(served.port)
    connection = half_sent(association)
    connection.sendall(data_fragment(b"\0" * 1000)[:-500])
    eventually(lambda: len(served.incoming()) == 1)
    assert echoes(served)
    eventually(lambda: served.incoming() == [] and acceptors() == 0)
    association.abort()


def test_peer_that_hangs_between_pdus_is_dropped(served: Served) -> None:
    association = associated(served.port)
    half_sent(association)
    eventually(lambda: len(served.incoming()) == 1)
    eventually(lambda: served.incoming() == [] and acceptors() == 0)
    association.abort()


def test_too_long_pdu_is_not_awaited(served: Served) -> None:
    association = associated(served.port)
    connection = half_sent(association)
    connection.sendall(b"\x04\x00" + (LONGEST_PDU + 1).to_bytes(4, "big"))
    eventually(lambda: served.incoming() == [] and acceptors() == 0, 2)
    association.abort()


def test_object_without_a_proper_uid_is_not_understood(served: Served) -> None:
    association = associated(served.port)
    association._reactor_checkpoint.clear()  # else its thread takes the answer that nobody waits for
    connection = half_sent(association, "../../Planted^Name")
    connection.sendall(data_fragment(b"\0\0", header=2))
    eventually(lambda: association.dimse.msg_queue.qsize() == 1)
    assert association.dimse.msg_queue.queue[0][1].Status == 0xC000  # type: ignore[union-attr]
    association._reactor_checkpoint.set()
    association.abort()
    assert served.incoming() == []
    assert states(served.queue) == {}


def test_flood_is_rejected_and_recovers(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    served = serve(tmp_path, request, max_associations=3)
    held = [associated(served.port) for _ in range(3)]
    assert all(each.is_established for each in held)
    rejected = [associated(served.port) for _ in range(10)]
    assert all(each.is_rejected for each in rejected)
    eventually(lambda: served.metrics.alerts == ["limit"] * 10)
    for each in held:
        each.release()
    eventually(lambda: echoes(served))


def test_more_connections_than_there_is_room_for_are_closed_at_once(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    served = Served(tmp_path, SHORT, max_associations=1)
    request.addfinalizer(served.stop)
    connections = [served.connect() for _ in range(SPARE_CONNECTIONS + 5)]
    eventually(lambda: len(served.metrics.alerts) >= 4)
    assert connections[-1].recv(1) == b""
    for connection in connections:
        connection.close()
    eventually(lambda: echoes(served))


@pytest.mark.parametrize("seed", range(4))
def test_noise_harms_nobody(served: Served, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    escaped: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", escaped.append)  # what would be printed, perhaps with an object's data
    chance = Random(seed)
    for _ in range(6):
        association = associated(served.port)
        connection = half_sent(association)
        for _ in range(chance.randrange(1, 5)):
            noise = chance.randbytes(chance.randrange(1, 300))
            kind = chance.choice((1, 2, 3, 4, 4, 4, 5, 6, 7))
            message = pdu(kind, noise) if chance.random() < 0.5 else data_fragment(noise, chance.randrange(4))
            with contextlib.suppress(OSError):
                connection.sendall(message)
        association.abort()
    assert echoes(served)
    eventually(lambda: acceptors() == 0 and served.incoming() == [])
    assert [str(each.exc_value) for each in escaped] == []


def test_nothing_leaks(hasty: Served) -> None:
    def held() -> tuple[int, int]:
        return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system has no /proc")
    assert hasty.intake.refusal() is None  # opens the queue's files
    eventually(lambda: echoes(hasty), 5)
    eventually(lambda: acceptors() == 0)
    before = held()
    for number in range(30):
        hasty.connect().close()
        hasty.connect(b"\x01\x00\x00\x00\x10\x00half").close()
        association = associated(hasty.port, called="OTHER" if number % 3 else "NODE")
        if association.is_established:
            half_sent(association).close()
        association.abort()
    eventually(lambda: acceptors() == 0)
    del association
    gc.collect()  # what the peers above have left
    eventually(lambda: held() <= before)
    assert hasty.incoming() == []


def test_leftovers_of_a_kill_are_removed_at_start(tmp_path: Path) -> None:
    served = Served(tmp_path)
    served.stop()
    (served.storage.incoming / f"{PREFIX}left.dcm").write_bytes(b"half")
    (served.storage.incoming / "another-way").write_bytes(b"not ours")
    again = StoreScp(served.settings, served.intake, served.storage, served.metrics)
    again.start()
    again.stop()
    assert [file.name for file in served.incoming()] == ["another-way"]


def test_stop_lets_objects_come_in_and_ends_the_rest(tmp_path: Path) -> None:
    served = Served(tmp_path, Patience(grace=1))
    idle, sending, hanging = (associated(served.port) for _ in range(3))
    connection = half_sent(sending)
    half_sent(hanging, "1.2.4").sendall(data_fragment(b"\0" * 1000)[:-500])
    eventually(lambda: len(served.incoming()) == 2)
    stopping = threading.Thread(target=served.scp.stop)
    stopping.start()
    eventually(lambda: refused(served.port))
    connection.sendall(data_fragment(b"\0\0", header=2))
    stopping.join(6)  # long before the rest of the PDU would have been given up
    assert not stopping.is_alive()
    eventually(lambda: acceptors() == 0, 1)
    assert served.incoming() == []
    assert [job.sop_instance_uid for job in served.queue.jobs()] == ["1.2.3"]
    for each in (idle, sending, hanging):
        each.abort()
    served.stop()


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


def test_ipv6(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    served = serve(tmp_path, request, listen="[::1]:0")
    association = associated(served.port, host="::1")
    assert association.send_c_echo().Status == 0
    association.release()


@pytest.mark.parametrize("host", ["127.0.0.1", "no.such.host.invalid"])
def test_address_that_cannot_be_had_is_one_line(served: Served, tmp_path: Path, host: str) -> None:
    settings = settings_of(tmp_path, listen=f"{host}:{served.port}")
    with pytest.raises(
        ConfigError, match=rf"^listen: {host}:{served.port}: cannot be listened on \(.*\); give [^\n]*$"
    ):
        StoreScp(settings, served.intake, served.storage, served.metrics).start()


def test_nothing_of_the_object_is_written_anywhere(
    served: Served, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    file = radiograph(tmp_path / "a.dcm")
    with caplog.at_level(logging.DEBUG):
        send(served, file)
        associated(served.port).abort()
        half_sent(associated(served.port), "1.2.3").sendall(pdu(9, b"nonsense"))
        eventually(lambda: acceptors() == 0)
    output = capfd.readouterr()
    for planted in ("Planted", "PLANTED", uid_of(file), "CR1"):
        assert planted not in output.out + output.err
        assert planted not in caplog.text
    assert shutil.which("storescu") is None or served.queue.jobs()
