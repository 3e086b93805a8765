"""The PACS by TLS: certificates on both sides, and nothing is sent without."""

from pathlib import Path

import pytest
from pydicom import uid

from lucency.node.delivery.answer import Answer, Outcome, Outgoing
from lucency.node.delivery.destination import destination_of
from lucency.node.intake.part10 import read_identity
from lucency.node.intake.tls import server_context
from lucency.node.settings import node_settings
from node.delivery.pacs import pacs
from node.delivery.results import write_object
from node.delivery.web_service import web_service
from node.intake.authority import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("other-ca"))


def send(address: str, path: Path, files: dict[str, Path]) -> Answer:
    destination = destination_of(node_settings({"bundle": "b", "state": "s", "pacs": address, **files}))
    file = Outgoing(path, read_identity(path))
    with destination.session([file]) as session:
        return session.send(file)


def named(authority: Authority, host: str) -> dict[str, Path]:
    """Settings whose certificate names a host."""
    files = authority.settings(host)
    (authority.folder / "names").write_text(f"subjectAltName=IP:{host}\n")
    issuer = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial")
    authority._openssl("x509", "-req", "-in", f"{host}.csr", *issuer, "-extfile", "names", "-out", f"{host}.crt")
    return files


def context_of(files: dict[str, Path]) -> object:
    return server_context(node_settings({"bundle": "b", "state": "s", "pacs": "PACS@127.0.0.1:104", **files}))


def test_c_store(tmp_path: Path, authority: Authority, stranger: Authority) -> None:
    path = write_object(tmp_path / "a.dcm", syntax=uid.ExplicitVRLittleEndian)
    node = authority.settings("node")
    with pacs(tls=context_of(authority.settings("pacs"))) as peer:
        assert send(peer.address, path, node).outcome is Outcome.TAKEN
        assert send(peer.address, path, {}).outcome is Outcome.UNREACHABLE
        assert send(peer.address, path, stranger.settings("node")).outcome is Outcome.UNREACHABLE
    assert len(peer.received) == 1
    with pacs() as plain:
        assert send(plain.address, path, node).outcome is Outcome.UNREACHABLE
    assert plain.received == []


def test_stow_rs(tmp_path: Path, authority: Authority, stranger: Authority) -> None:
    path = write_object(tmp_path / "a.dcm")
    node = authority.settings("node")
    with web_service(lambda request: (200, {}, b""), tls=context_of(named(authority, "127.0.0.1"))) as service:
        assert send(service.url, path, node).outcome is Outcome.TAKEN
        assert send(service.url, path, {}) == Answer(Outcome.UNREACHABLE, "SSLError")
        assert send(service.url, path, stranger.settings("node")).outcome is Outcome.UNREACHABLE
    assert len(service.requests) == 1
    with web_service(lambda request: (200, {}, b""), tls=context_of(named(authority, "127.0.0.2"))) as other:
        assert send(other.url, path, node) == Answer(Outcome.UNREACHABLE, "SSLError")
    assert other.requests == []
