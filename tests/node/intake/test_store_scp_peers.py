"""Peers of the DICOM door that probe, hang, abort and talk nonsense: they hold up nobody, and leave nothing."""

import contextlib
import gc
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lucency.node.intake import Patience
from lucency.node.intake.guarded_socket import LONGEST_PDU
from node.intake.intake_parts import states
from node.intake.served import (
    Served,
    ServedMaker,
    acceptors,
    associated,
    data_fragment,
    echoes,
    half_sent,
    pdu,
)
from node.ports import wait_until


def test_tcp_probes_do_not_hold_up(make_served: ServedMaker) -> None:
    served = make_served(patience=Patience())  # that of real life
    for _ in range(100):
        served.connect().close()
    started = time.monotonic()
    assert echoes(served)
    assert time.monotonic() - started < 5
    wait_until(lambda: acceptors() == 0)
    assert served.metrics.alerts == []


@pytest.mark.parametrize(
    "start",
    [b"", b"\x01\x00\x00\x00\x10\x00half", b"GET / HTTP/1.1\r\n\r\n", pdu(4, b"\0" * 20), b"\x01\x00\xff\xff\xff\xff"],
)
def test_strange_and_silent_connections_do_not_hold_up(hasty: Served, start: bytes) -> None:
    connections = [hasty.connect(start) for _ in range(20)]
    wait_until(lambda: echoes(hasty), 5)
    wait_until(lambda: acceptors() == 0)
    for connection in connections:
        connection.close()
    wait_until(lambda: echoes(hasty), 5)


def test_aborted_object_leaves_nothing(served: Served) -> None:
    association = associated(served.port)
    half_sent(association)
    wait_until(lambda: len(served.incoming()) == 1)
    association.abort()
    wait_until(lambda: served.incoming() == [] and acceptors() == 0)
    assert states(served.queue) == {}


def test_peer_that_hangs_within_a_pdu_is_dropped(served: Served) -> None:
    association = associated(served.port)
    connection = half_sent(association)
    connection.sendall(data_fragment(b"\0" * 1000)[:-500])
    wait_until(lambda: len(served.incoming()) == 1)
    assert echoes(served)
    wait_until(lambda: served.incoming() == [] and acceptors() == 0)
    association.abort()


def test_peer_that_hangs_between_pdus_is_dropped(served: Served) -> None:
    association = associated(served.port)
    half_sent(association)
    wait_until(lambda: len(served.incoming()) == 1)
    wait_until(lambda: served.incoming() == [] and acceptors() == 0)
    association.abort()


def test_too_long_pdu_is_not_awaited(served: Served) -> None:
    association = associated(served.port)
    connection = half_sent(association)
    connection.sendall(b"\x04\x00" + (LONGEST_PDU + 1).to_bytes(4, "big"))
    wait_until(lambda: served.incoming() == [] and acceptors() == 0, 2)
    association.abort()


def test_object_without_a_proper_uid_is_not_understood(served: Served) -> None:
    association = associated(served.port)
    association._reactor_checkpoint.clear()  # else its thread takes the answer that nobody waits for
    connection = half_sent(association, "../../Planted^Name")
    connection.sendall(data_fragment(b"\0\0", header=2))
    wait_until(lambda: association.dimse.msg_queue.qsize() == 1)
    assert association.dimse.msg_queue.queue[0][1].Status == 0xC000  # type: ignore[union-attr]
    association._reactor_checkpoint.set()
    association.abort()
    assert served.incoming() == []
    assert states(served.queue) == {}


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
    wait_until(lambda: acceptors() == 0 and served.incoming() == [])
    assert [str(each.exc_value) for each in escaped] == []


def test_nothing_leaks(hasty: Served) -> None:
    def held() -> tuple[int, int]:
        return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system has no /proc")
    assert hasty.intake.refusal() is None  # opens the queue's files
    wait_until(lambda: echoes(hasty), 5)
    wait_until(lambda: acceptors() == 0)
    before = held()
    for number in range(30):
        hasty.connect().close()
        hasty.connect(b"\x01\x00\x00\x00\x10\x00half").close()
        association = associated(hasty.port, called="OTHER" if number % 3 else "NODE")
        if association.is_established:
            half_sent(association).close()
        association.abort()
    wait_until(lambda: acceptors() == 0)
    del association
    gc.collect()  # what the peers above have left
    wait_until(lambda: held() <= before)
    assert hasty.incoming() == []
