"""The node's HTTP side: a WSGI server in a thread."""

import logging
import socket
import threading
from contextlib import suppress
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.server import create_server

from ...errors import ConfigError
from ..addresses import Address
from ..settings import NodeSettings

log = logging.getLogger("lucency.node")

GIGABYTE = 1_000_000_000
LIMITS: dict[str, Any] = {
    "threads": 4,
    "connection_limit": 64,
    "channel_timeout": 30,  # seconds without a byte
    "cleanup_interval": 10,
    "max_request_body_size": GIGABYTE,
    "max_request_header_size": 65_536,
    "expose_tracebacks": False,
    "ident": None,  # no Server header
}
GRACE_S = 5
"""Seconds that requests in work may take when the server ends."""


class HttpServer:
    """Serves a WSGI application until `stop`.

    Args:
        settings: `http` is where.
        app: see `lucency.node.operations.app.node_app`.

    Example:
        >>> from lucency.node.settings import node_settings
        >>> values = {"bundle": "b", "state": "s", "pacs": "PACS@127.0.0.1:4242", "http": "127.0.0.1:0"}
        >>> server = HttpServer(node_settings(values), lambda environ, start: [])
        >>> server.start()
        >>> server.port > 0
        True
        >>> server.stop()
    """

    def __init__(self, settings: NodeSettings, app: WSGIApplication) -> None:
        self._address = settings.http
        self._app = app
        self._port = settings.http.port
        self._server: Any = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """Where it listens; the one that was found if the settings say 0."""
        return self._port

    def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: the address is taken, or not of this machine.
        """
        if not self._address.is_loopback:
            log.warning("http_not_loopback")
        listening = _bound(self._address)
        self._port = int(listening.getsockname()[1])
        self._server = create_server(self._app, sockets=[listening], clear_untrusted_proxy_headers=True, **LIMITS)
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in work and end; it is no error if it never started."""
        if self._thread is None:
            return
        self._server.task_dispatcher.shutdown(timeout=GRACE_S)
        # connections belong to the thread of the loop; without any, the loop ends
        with suppress(OSError):  # awake already, it may have closed everything before it could be woken
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._server._map, ignore_all=True))
        self._thread.join(GRACE_S)
        self._thread = None


def _bound(address: Address) -> socket.socket:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(place)
            bound.listen(LIMITS["connection_limit"])  # now, so that of two nodes the second fails here
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise ConfigError(
            f"http: {address}: cannot be listened on ({error.strerror}); give another address or port"
        ) from error
    return bound
