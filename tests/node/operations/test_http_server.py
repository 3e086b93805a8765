import http.client
import logging
import socket
import threading
import time
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from lucency.errors import ConfigError
from lucency.node.operations.http_server import GIGABYTE, HttpServer
from lucency.node.settings import NodeSettings, node_settings


def settings(http: str = "127.0.0.1:0") -> NodeSettings:
    return node_settings({"bundle": "b", "state": "s", "pacs": "PACS@127.0.0.1:4242", "http": http})


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.5)
    if environ["PATH_INFO"] == "/fail":
        raise ValueError("MUELLER^ANNA")
    body = str(len(environ["wsgi.input"].read())).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def server() -> Iterable[HttpServer]:
    server = HttpServer(settings(), app)
    server.start()
    yield server
    server.stop()


def get(port: int, path: str, **more: Any) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(more.pop("method", "GET"), path, **more)
        response = connection.getresponse()
        return response.status, response.read(), dict(response.getheaders())
    finally:
        connection.close()


def test_it_serves_on_the_port_it_found(server: HttpServer) -> None:
    assert server.port > 0
    status, body, headers = get(server.port, "/", method="POST", body=b"x" * 2_000_000)
    assert (status, body) == (200, b"2000000")
    assert "Server" not in headers


def test_an_exception_is_not_quoted(server: HttpServer) -> None:
    status, body, _ = get(server.port, "/fail")
    assert status == 500
    assert b"MUELLER" not in body
    assert b"Traceback" not in body


def test_bodies_are_bounded(server: HttpServer) -> None:
    status, _, _ = get(server.port, "/", method="POST", headers={"Content-Length": str(GIGABYTE + 1)})
    assert status == 413


def test_what_is_in_work_is_finished_and_the_port_is_free_again(server: HttpServer) -> None:
    answers: list[tuple[int, bytes, dict[str, str]]] = []
    idle = socket.create_connection(("127.0.0.1", server.port))  # says nothing, and must not hold the end up
    thread = threading.Thread(target=lambda: answers.append(get(server.port, "/slow")))
    thread.start()
    time.sleep(0.2)
    before = time.monotonic()
    server.stop()
    assert time.monotonic() - before < 3
    thread.join()
    idle.close()
    assert [answer[:2] for answer in answers] == [(200, b"0")]
    again = HttpServer(settings(f"127.0.0.1:{server.port}"), app)
    again.start()
    again.stop()


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    server = HttpServer(settings(), app)
    server.start()
    get(server.port, "/")
    server.stop()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_stop_without_start() -> None:
    HttpServer(settings(), app).stop()


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid"])
def test_an_address_of_others_is_told_in_one_line(host: str) -> None:
    with pytest.raises(ConfigError, match=f"http: {host}:0: cannot be listened on .*give another address"):
        HttpServer(settings(f"{host}:0"), app).start()


def test_a_port_in_use_is_told_in_one_line(server: HttpServer) -> None:
    with pytest.raises(ConfigError, match=f"http: 127.0.0.1:{server.port}: cannot be listened on .*in use"):
        HttpServer(settings(f"127.0.0.1:{server.port}"), app).start()


def test_listening_to_others_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    for address, warned in (("127.0.0.1:0", []), ("0.0.0.0:0", ["http_not_loopback"])):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "lucency.node"):
            server = HttpServer(settings(address), app)
            server.start()
            server.stop()
        assert [record.msg for record in caplog.records if record.name == "lucency.node"] == warned
