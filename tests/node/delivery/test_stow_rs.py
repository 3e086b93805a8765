"""Sending by STOW-RS."""

import json
from pathlib import Path

import pytest

from lucency.errors import ConfigError
from lucency.node.delivery.answer import Answer, Outcome, Outgoing
from lucency.node.delivery.stow_rs import StowClient
from lucency.node.delivery.web import web_session
from lucency.node.intake.part10 import read_identity
from lucency.node.settings import node_settings
from node.delivery.results import write_object
from node.delivery.web_service import Reply, Request, web_service
from node.orthanc import Orthanc
from node.ports import free_port


def send(root: str, path: Path) -> Answer:
    client = StowClient(node_settings({"bundle": "b", "state": "s", "pacs": root}))
    file = Outgoing(path, read_identity(path))
    with client.session([file]) as session:
        return session.send(file)


def failed(reason: int | None) -> bytes:
    item = {} if reason is None else {"00081197": {"vr": "US", "Value": [reason]}}
    return json.dumps({"00081198": {"vr": "SQ", "Value": [item]}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b"", "taken"),
        (200, b"<xml/>", "taken"),
        (202, b"{}", "taken"),
        (202, failed(0xA900), "refused"),
        (409, failed(0xC000), "refused"),
        (409, failed(0x0111), "taken"),
        (409, failed(0xA700), "busy"),
        (409, failed(None), "refused"),
        (409, b"[1, 2", "refused"),
        (200, b'{"00081198": []}', "taken"),
        (400, b"", "refused"),
        (415, b"", "refused"),
        (401, b"", "unreachable"),
        (404, b"", "unreachable"),
        (302, b"", "unreachable"),
        (429, b"", "busy"),
        (500, b"", "unreachable"),
        (503, failed(0xA700), "busy"),
        (507, b"", "busy"),
        (0, b"", "unreachable"),
    ],
)
def test_answers(tmp_path: Path, status: int, body: bytes, outcome: str) -> None:
    path = write_object(tmp_path / "a.dcm")
    with web_service(lambda request: (status, {}, body)) as service:
        assert send(service.url, path).outcome == outcome


def test_the_request_holds_the_bytes_of_the_file_and_the_password_of_the_address(tmp_path: Path) -> None:
    path = write_object(tmp_path / "a.dcm")
    with web_service(lambda request: (200, {}, b"")) as service:
        send(service.url.replace("http://", "http://me:secret@") + "/dicom-web/", path)
    (request,) = service.requests
    boundary = request.headers["Content-Type"].rpartition("=")[2].encode()
    head, _, content = request.body.partition(b"\r\n\r\n")
    assert head == b"--" + boundary + b"\r\nContent-Type: application/dicom"
    assert content == path.read_bytes() + b"\r\n--" + boundary + b"--\r\n"
    assert (request.method, request.path) == ("POST", "/dicom-web/studies")
    assert request.headers["Authorization"].startswith("Basic ")


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    path = write_object(tmp_path / "a.dcm")
    with web_service(lambda request: (200, {}, b"")) as other:

        def redirect(request: Request) -> Reply:
            return 307, {"Location": f"{other.url}/studies"}, b""

        with web_service(redirect) as service:
            assert send(service.url, path) == Answer(Outcome.UNREACHABLE, "TooManyRedirects")
    assert other.requests == []


def test_nobody_there_is_unreachable_and_named_by_kind_alone(tmp_path: Path) -> None:
    answer = send(f"http://127.0.0.1:{free_port()}/x", write_object(tmp_path / "a.dcm"))
    assert answer == Answer(Outcome.UNREACHABLE, "ConnectionError")


def test_an_address_without_tls_is_refused_where_tls_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = dict.fromkeys(("tls_cert", "tls_key", "tls_ca"), tmp_path / "x.pem")
    settings = node_settings({"bundle": "b", "state": "s", "pacs": "http://127.0.0.1:1", **files})
    monkeypatch.setattr("lucency.node.delivery.web.client_context", lambda settings: object())
    with pytest.raises(ConfigError, match="write https://, or set pacs_plain"):
        web_session(settings, settings.pacs)


def test_orthanc_stores_the_bytes_once(tmp_path: Path) -> None:
    path = write_object(tmp_path / "a.dcm", PatientName="Äneas", SpecificCharacterSet="ISO_IR 192")
    with Orthanc(tmp_path / "orthanc", dicomweb=True) as server:
        assert send(server.web, path).outcome is Outcome.TAKEN
        assert send(server.web, path).outcome is Outcome.TAKEN
        (instance,) = server.instances()
        assert server.file(instance) == path.read_bytes()
        broken = tmp_path / "broken.dcm"
        broken.write_bytes(path.read_bytes()[:400])
        assert send(server.web, broken).outcome in (Outcome.REFUSED, Outcome.TAKEN)
        assert send(f"{server.url}/nothing-here", path).outcome is Outcome.UNREACHABLE
