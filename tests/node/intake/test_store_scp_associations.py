"""Whom the DICOM door lets in, how many at once, where it listens, and how it closes."""

import logging
import socket
import threading
from pathlib import Path

import pytest

from lucency.errors import ConfigError
from lucency.node.intake import Patience, StoreScp
from lucency.node.intake.association_server import SPARE_CONNECTIONS
from lucency.node.intake.received_object import PREFIX
from node.intake.intake_parts import QUEUED, radiograph, settings_of, states
from node.intake.served import (
    Served,
    ServedMaker,
    acceptors,
    associated,
    data_fragment,
    echoes,
    half_sent,
    send,
)
from node.ports import wait_until


@pytest.mark.parametrize(
    ("called", "calling", "kind"), [("OTHER", "CR1", "called_ae"), ("NODE", "STRANGER", "calling_ae")]
)
def test_ae_titles(
    tmp_path: Path,
    make_served: ServedMaker,
    caplog: pytest.LogCaptureFixture,
    called: str,
    calling: str,
    kind: str,
) -> None:
    served = make_served(allow=("CR1", "CR2"))
    with caplog.at_level(logging.INFO, "lucency.node"):
        assert send(served, radiograph(tmp_path / "a.dcm"), called=called, calling=calling).returncode != 0
        assert send(served, radiograph(tmp_path / "b.dcm"), calling="CR2").returncode == 0
    assert served.metrics.alerts == [kind]
    assert sorted(served.metrics.outcomes) == ["accepted", "refused"]
    (record,) = [each for each in caplog.records if each.message == "association_refused"]
    assert record.kind == kind
    assert calling not in caplog.text or calling == "CR1"
    assert states(served.queue) == QUEUED


def test_flood_is_rejected_and_recovers(tmp_path: Path, make_served: ServedMaker) -> None:
    served = make_served(max_associations=3)
    held = [associated(served.port) for _ in range(3)]
    assert all(each.is_established for each in held)
    rejected = [associated(served.port) for _ in range(10)]
    assert all(each.is_rejected for each in rejected)
    wait_until(lambda: served.metrics.alerts == ["limit"] * 10)
    for each in held:
        each.release()
    wait_until(lambda: echoes(served))


def test_more_connections_than_there_is_room_for_are_closed_at_once(tmp_path: Path, make_served: ServedMaker) -> None:
    served = make_served(max_associations=1)
    connections = [served.connect() for _ in range(SPARE_CONNECTIONS + 5)]
    wait_until(lambda: len(served.metrics.alerts) >= 4)
    assert connections[-1].recv(1) == b""
    for connection in connections:
        connection.close()
    wait_until(lambda: echoes(served))


def test_leftovers_of_a_kill_are_removed_at_start(served: Served) -> None:
    served.stop()
    (served.storage.incoming / f"{PREFIX}left.dcm").write_bytes(b"half")
    (served.storage.incoming / "another-way").write_bytes(b"not ours")
    again = StoreScp(served.settings, served.intake, served.storage, served.metrics)
    again.start()
    again.stop()
    assert [file.name for file in served.incoming()] == ["another-way"]


def test_stop_lets_objects_come_in_and_ends_the_rest(make_served: ServedMaker) -> None:
    served = make_served(patience=Patience(grace=1))
    idle, sending, hanging = (associated(served.port) for _ in range(3))
    connection = half_sent(sending)
    half_sent(hanging, "1.2.4").sendall(data_fragment(b"\0" * 1000)[:-500])
    wait_until(lambda: len(served.incoming()) == 2)
    stopping = threading.Thread(target=served.scp.stop)
    stopping.start()
    wait_until(lambda: refused(served.port))
    connection.sendall(data_fragment(b"\0\0", header=2))
    stopping.join(6)  # long before the rest of the PDU would have been given up
    assert not stopping.is_alive()
    wait_until(lambda: acceptors() == 0, 1)
    assert served.incoming() == []
    assert [job.sop_instance_uid for job in served.queue.jobs()] == ["1.2.3"]
    for each in (idle, sending, hanging):
        each.abort()


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


def test_ipv6(tmp_path: Path, make_served: ServedMaker) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    served = make_served(listen="[::1]:0")
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
