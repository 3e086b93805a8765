"""What the node answers by HTTP: health, metrics, a page, and objects by STOW-RS."""

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from .metrics import CONTENT_TYPE, NodeMetrics
from .page import STYLE_HASH, draw_page
from .status import NodeStatus

log = logging.getLogger("lucency.node")

PLAIN = "text/plain; charset=utf-8"
SECURITY_HEADERS = (
    (
        "Content-Security-Policy",
        f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
Answer = tuple[str, str, bytes]
"""Status line, content type, body."""


def node_app(status: NodeStatus, metrics: NodeMetrics, stow: WSGIApplication | None = None) -> WSGIApplication:
    """Put the routes together.

    ``GET /healthz`` is 200 as long as the process answers, ``GET /readyz`` 503 if it takes no objects now, ``GET
    /metrics`` is for Prometheus, ``GET /`` for people, ``POST /studies[/UID]`` goes to `stow`. Whatever fails is
    answered 500 without saying of what: a text of an exception can quote a data set.

    Args:
        status: of the node.
        metrics: of the node.
        stow: takes objects; without it there is no ``/studies``.
    """
    views: dict[str, Callable[[], Answer]] = {
        "/": lambda: ("200 OK", "text/html; charset=utf-8", draw_page(status).encode()),
        "/healthz": lambda: ("200 OK", "application/json", _json(status.health())),
        "/readyz": lambda: _readiness(status),
        "/metrics": lambda: ("200 OK", CONTENT_TYPE, metrics.exposition()),
    }

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        start = _Start(start_response)
        try:
            if stow is not None and (path == "/studies" or path.startswith("/studies/")):
                if method != "POST":
                    return _not_allowed(start, method, "POST")
                return stow(environ, start)
            if path not in views:
                return _answer(start, method, ("404 Not Found", PLAIN, b"not found\n"))
            if method not in ("GET", "HEAD"):
                return _not_allowed(start, method, "GET, HEAD")
            return _answer(start, method, views[path]())
        except Exception:
            log.exception("http_failed")
            if start.called:
                raise  # too late for another answer: the server breaks the connection off
            return _answer(start, method, ("500 Internal Server Error", PLAIN, b"internal error\n"))

    return app


class _Start:
    """`start_response` with the security headers, that remembers whether it was called."""

    def __init__(self, start_response: StartResponse) -> None:
        self._start = start_response
        self.called = False

    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        self.called = True
        given = {name.lower() for name, _ in headers}
        more = [header for header in SECURITY_HEADERS if header[0].lower() not in given]
        return self._start(status, [*headers, *more], exc_info) if exc_info else self._start(status, [*headers, *more])


def _answer(start: _Start, method: str, answer: Answer, more: Sequence[tuple[str, str]] = ()) -> list[bytes]:
    status, content_type, body = answer
    start(status, [("Content-Type", content_type), ("Content-Length", str(len(body))), *more])
    return [] if method == "HEAD" else [body]


def _not_allowed(start: _Start, method: str, allowed: str) -> list[bytes]:
    answer = ("405 Method Not Allowed", PLAIN, b"method not allowed\n")
    return _answer(start, method, answer, [("Allow", allowed)])


def _readiness(status: NodeStatus) -> Answer:
    reasons = status.readiness()
    return (
        "503 Service Unavailable" if reasons else "200 OK",
        "application/json",
        _json({"ready": not reasons, "reasons": reasons}),
    )


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode() + b"\n"
