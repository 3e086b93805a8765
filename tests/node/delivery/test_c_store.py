"""Sending by C-STORE to peers that take, refuse, abort, hang, are busy or are not there."""

import socket
import time
from pathlib import Path
from typing import Any

import pytest
from pydicom import uid

from lucency.node.delivery import c_store
from lucency.node.delivery.answer import Answer, Outcome, Outgoing
from lucency.node.delivery.c_store import StoreScu
from lucency.node.intake.part10 import read_identity
from lucency.node.settings import node_settings
from node.delivery.pacs import pacs
from node.delivery.results import SR, data_set, write_object
from node.ports import free_port


def scu(address: str) -> StoreScu:
    settings = node_settings({"bundle": "b", "state": "s", "pacs": address, "aet": "CXRAI"})
    assert settings.pacs_peer is not None
    return StoreScu(settings, settings.pacs_peer)


def outgoing(path: Path, **options: Any) -> Outgoing:
    return Outgoing(write_object(path, **options), read_identity(path))


def send(address: str, *files: Outgoing) -> list[Answer]:
    with scu(address).session(files) as session:
        return [session.send(file) for file in files]


def test_one_association_brings_every_file_byte_by_byte_in_its_own_syntax(tmp_path: Path) -> None:
    kinds = [
        (SR, uid.ExplicitVRLittleEndian),
        (SR, uid.ImplicitVRLittleEndian),
        (SR, uid.DeflatedExplicitVRLittleEndian),
    ]
    kinds.append((uid.SecondaryCaptureImageStorage, uid.ExplicitVRLittleEndian))
    files = [outgoing(tmp_path / f"{i}.dcm", sop_class=kind[0], syntax=kind[1]) for i, kind in enumerate(kinds)]
    with pacs(contexts=kinds) as peer:
        answers = send(peer.address, *files)
    assert {answer.outcome for answer in answers} == {Outcome.TAKEN}
    assert peer.associations == ["CXRAI"]
    assert [content for _, content in peer.received] == [data_set(file.path) for file in files]
    assert peer.uids() == [file.identity.sop_instance_uid for file in files]


def test_statuses(tmp_path: Path) -> None:
    outcomes = {0x0000: "taken", 0xB000: "taken", 0x0111: "taken", 0x0107: "taken", 0xA700: "busy", 0xA7FF: "busy"}
    outcomes |= dict.fromkeys((0xA900, 0xC000, 0xC123, 0x0122, 0x0124, 0x0110), "refused")
    statuses = list(outcomes)
    files = [outgoing(tmp_path / f"{status}.dcm") for status in statuses]
    with pacs(lambda event, number: statuses[number - 1]) as peer:
        answers = send(peer.address, *files)
    assert [answer.outcome.value for answer in answers] == list(outcomes.values())
    assert [answer.reason for answer in answers] == ["", *(f"status {status:04X}" for status in statuses[1:])]


def test_a_class_or_syntax_that_is_not_accepted_is_a_refusal_of_that_file_alone(tmp_path: Path) -> None:
    files = [outgoing(tmp_path / "a.dcm", syntax=uid.ImplicitVRLittleEndian), outgoing(tmp_path / "b.dcm")]
    with pacs() as peer:
        answers = send(peer.address, *files)
        assert send(peer.address, files[0])[0].outcome is Outcome.REFUSED  # no context of the association at all
    assert [answer.outcome for answer in answers] == [Outcome.REFUSED, Outcome.TAKEN]


def test_a_peer_that_aborts_in_the_middle_is_unreachable_from_there_on(tmp_path: Path) -> None:
    def abort_second(event: Any, number: int) -> int:
        if number == 2:
            event.assoc.abort()
        return 0

    files = [outgoing(tmp_path / f"{i}.dcm") for i in range(3)]
    started = time.monotonic()
    with pacs(abort_second) as peer:
        answers = send(peer.address, *files)
    assert [answer.outcome.value for answer in answers] == ["taken", "unreachable", "unreachable"]
    assert time.monotonic() - started < 5


def test_a_peer_that_never_answers_an_object_is_unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_store, "ANSWER_S", 0.5)
    with pacs(lambda event, number: int(peer.released.wait(10))) as peer:
        (answer,) = send(peer.address, outgoing(tmp_path / "a.dcm"))
        assert answer.outcome is Outcome.UNREACHABLE
        peer.released.set()


def test_a_peer_that_takes_connections_and_says_nothing_is_unreachable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(c_store, "ASSOCIATION_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        started = time.monotonic()
        (answer,) = send(f"PACS@127.0.0.1:{mute.getsockname()[1]}", outgoing(tmp_path / "a.dcm"))
    assert answer.outcome is Outcome.UNREACHABLE
    assert time.monotonic() - started < 5


def test_a_peer_that_stops_reading_holds_the_socket_for_a_limited_time(tmp_path: Path) -> None:
    file = outgoing(tmp_path / "a.dcm")
    with pacs() as peer, scu(peer.address).session([file]) as session:
        assert session.association is not None
        assert session.association.dul.socket is not None
        assert session.association.dul.socket.socket.gettimeout() == c_store.ANSWER_S


def test_nobody_there_and_a_peer_of_another_title_are_unreachable(tmp_path: Path) -> None:
    file = outgoing(tmp_path / "a.dcm")
    assert send(f"PACS@127.0.0.1:{free_port()}", file)[0] == Answer(Outcome.UNREACHABLE, "no association")
    assert send("PACS@no.such.host.invalid:104", file)[0].outcome is Outcome.UNREACHABLE
    with pacs() as peer:
        assert send(f"OTHER@127.0.0.1:{peer.port}", file)[0] == Answer(Outcome.UNREACHABLE, "association rejected")


def test_an_association_that_ends_just_before_sending_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state in which pynetdicom waits for ever: its thread is gone, and the association still looks established."""
    monkeypatch.setattr(c_store, "ANSWER_S", 0.5)
    file = outgoing(tmp_path / "a.dcm")
    with pacs() as peer, scu(peer.address).session([file]) as session:
        assert session.association is not None
        session.association._kill = True  # as by an abort of the peer
        session.association.join(10)
        assert not session.association.is_alive()
        assert session.association.is_established
        assert session.send(file).outcome is Outcome.TAKEN  # the connection itself is still there
        session.association.abort()
