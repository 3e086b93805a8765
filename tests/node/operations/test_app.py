import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lucency.node.jobs import State
from lucency.node.operations.app import node_app
from lucency.node.operations.metrics import NodeMetrics
from lucency.node.operations.status import NodeStatus
from lucency.node.settings import node_settings
from node.operations.fakes import FakeNode, FakeQueue, job

SETTINGS = node_settings({"bundle": "b", "state": "s", "pacs": "PACS@127.0.0.1:4242", "workers": 2})
PLANTED = {"sop_instance_uid": "1.2.826.0.1.777", "sender": "MUELLERS_CR", "reason": "name is MUELLER^ANNA"}


@dataclass
class Response:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(app: WSGIApplication, path: str, method: str = "GET") -> Response:
    """Call as a server does, under the eyes of the WSGI checker of the standard library."""
    response = Response()
    environ: WSGIEnvironment = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SCRIPT_NAME": ""}
    setup_testing_defaults(environ)

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        response.status, response.headers = int(status[:3]), dict(headers)
        return lambda data: None

    chunks = validator(app)(environ, start)
    response.body = b"".join(chunks)
    chunks.close()  # type: ignore[attr-defined]
    return response


@dataclass
class Running:
    queue: FakeQueue
    node: FakeNode
    app: WSGIApplication


def running(*jobs: Any, stow: WSGIApplication | None = None) -> Running:
    queue, node, metrics = FakeQueue(*jobs), FakeNode(), NodeMetrics()
    metrics.watch(queue, node)
    model = {"name": "cxr_finding", "version": "1"}
    status = NodeStatus(queue, node, node, node, SETTINGS, model)  # type: ignore[arg-type]
    return Running(queue, node, node_app(status, metrics, stow))


def stow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    if environ["PATH_INFO"].endswith("/bad"):
        raise ValueError("MUELLER^ANNA")
    start_response("200 OK", [("Content-Type", "application/dicom+json"), ("Cache-Control", "private")])
    if environ["PATH_INFO"].endswith("/late"):
        raise ValueError("MUELLER^ANNA")
    return [b"{}"]


def test_healthz_is_200_even_when_all_is_lost() -> None:
    node = running(job(1, State.SENT))
    response = call(node.app, "/healthz")
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.json["jobs"]["sent"] == 1
    node.queue.failure = RuntimeError("MUELLER^ANNA")
    node.node.workers_ready = 0
    response = call(node.app, "/healthz")
    assert response.status == 200
    assert response.json["problems"] == ["queue_unreachable", "no_worker"]
    assert b"MUELLER" not in response.body


def test_readyz_follows_the_node() -> None:
    node = running()
    assert call(node.app, "/readyz").status == 200
    node.node.pacs = "unreachable"
    assert call(node.app, "/readyz").json == {"ready": True, "reasons": []}
    node.node.refused = "disk"
    response = call(node.app, "/readyz")
    assert response.status == 503
    assert response.json == {"ready": False, "reasons": ["disk_full"]}


def test_metrics_are_prometheus() -> None:
    response = call(running(job(1, State.QUEUED)).app, "/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {family.name for family in text_string_to_metric_families(response.body.decode())}
    assert {"lucency_node_jobs", "lucency_node_queue_up", "lucency_node_received"} <= families


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/nothing"])
def test_every_answer_is_guarded_and_head_has_no_body(path: str) -> None:
    app = running().app
    got, head = call(app, path), call(app, path, "HEAD")
    for response in (got, head):
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none';")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
    assert int(got.headers["Content-Length"]) == len(got.body)
    assert head.body == b""
    assert head.status == got.status


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/favicon.ico", 404, None),
        ("GET", "/../etc/passwd", 404, None),
        ("GET", "/healthz/", 404, None),
        ("POST", "/studiesx", 404, None),
        ("POST", "/", 405, "GET, HEAD"),
        ("DELETE", "/healthz", 405, "GET, HEAD"),
        ("GET", "/studies", 405, "POST"),
        ("DELETE", "/studies/1.2.3", 405, "POST"),
    ],
)
def test_other_requests(method: str, path: str, status: int, allow: str | None) -> None:
    response = call(running(stow=stow).app, path, method)
    assert response.status == status
    assert response.headers.get("Allow") == allow
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_objects_go_to_stow() -> None:
    app = running(stow=stow).app
    for path in ("/studies", "/studies/1.2.3"):
        response = call(app, path, "POST")
        assert (response.status, response.body) == (200, b"{}")
        assert response.headers["Cache-Control"] == "private"  # its own word counts
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert call(running().app, "/studies", "POST").status == 404


def test_no_exception_is_quoted(caplog: pytest.LogCaptureFixture) -> None:
    node = running(stow=stow)
    node.node.failure = RuntimeError("MUELLER^ANNA")  # is no OSError, so nobody expects it
    for path, method in (("/healthz", "GET"), ("/", "GET"), ("/metrics", "GET"), ("/studies/bad", "POST")):
        response = call(node.app, path, method)
        assert (response.status, response.body) == (500, b"internal error\n")
    assert {record.msg for record in caplog.records} == {"http_failed"}


def test_a_failure_after_the_answer_began_is_left_to_the_server() -> None:
    with pytest.raises(ValueError, match="MUELLER"):  # the server breaks off; its own log is silenced
        call(running(stow=stow).app, "/studies/late", "POST")


def test_no_patient_anywhere() -> None:
    app = running(*(job(i, state, **PLANTED) for i, state in enumerate(State, 1))).app
    for path in ("/", "/healthz", "/readyz", "/metrics"):
        body = call(app, path).body.decode()
        assert not re.search("MUELLER|ANNA|1\\.2\\.826", body)
