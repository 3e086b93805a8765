"""Where audit messages go: a file, or a syslog server; a trail that cannot be written never stops the node."""

import logging
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from ...errors import ConfigError
from ..settings import NodeSettings
from . import audit_message as am

log = logging.getLogger("lucency.node")

_FACILITY_AUTHORIZATION = 10
_NOTICE = 5
_PRIORITY = _FACILITY_AUTHORIZATION * 8 + _NOTICE
_BOM = b"\xef\xbb\xbf"


class Trail(Protocol):
    """Takes messages, one by one."""

    def write(self, message: bytes) -> None:
        """Append one; raises OSError if it cannot."""


class FileTrail:
    """A file with a message a line; several processes may write it, and it may be moved away to begin another.

    Args:
        path: made, readable by its owner alone, since it names patients.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, message: bytes) -> None:
        """Append a line by a single write, so that lines of two processes never mix."""
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, message + b"\n")
        finally:
            os.close(handle)


class SyslogTrail:
    """A syslog server that is sent RFC 5424 datagrams (RFC 5426), as PS3.15 A.6 asks; UDP tells of no loss.

    Args:
        host: address, better than a name: a name is looked up once.
        port: of the server.
    """

    def __init__(self, host: str, port: int) -> None:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        self._address: tuple[Any, ...] = address
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def write(self, message: bytes) -> None:
        """Send a datagram."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        header = f"<{_PRIORITY}>1 {time} {_host()} lucency {os.getpid()} DICOM+RFC3881 - "
        self._socket.sendto(header.encode("ascii", "replace") + _BOM + message, self._address)


class Auditor:
    """Reports what the standard wants to know of a node; safe to use from threads, made anew in each process.

    Args:
        settings: the AE title names the reporting system.
        trail: where messages go; ``None`` makes all methods do nothing.
    """

    def __init__(self, settings: NodeSettings, trail: Trail | None) -> None:
        self._settings = settings
        self._trail = trail
        self._failed = False

    @property
    def enabled(self) -> bool:
        """Whether anybody wants to know."""
        return self._trail is not None

    def application(self, *, started: bool) -> None:
        """The node started, or stopped (A.5.3.1)."""
        kind = am.APPLICATION_START if started else am.APPLICATION_STOP
        self._report(am.APPLICATION_ACTIVITY, "E", [self._self(am.APPLICATION)], kind=kind)

    def received(self, subject: am.Subject, *, sender: str, host: str = "") -> None:
        """Objects were taken (A.5.3.7).

        Args:
            subject: what they are.
            sender: calling AE title, or ``dicomweb``.
            host: address of the sender, if it is known.
        """
        peer = am.Participant(sender, sender, host, am.SOURCE, requestor=True)
        self._report(am.INSTANCES_TRANSFERRED, "C", [peer, self._self(am.DESTINATION)], subject=subject)

    def sent(self, subject: am.Subject, *, successful: bool = True) -> None:
        """Results went to the PACS, or were refused by it."""
        peer = self._settings.pacs_peer
        if peer is None:
            url = urlsplit(self._settings.pacs)
            address = url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()  # no password in a trail
            pacs = am.Participant(address, host=url.hostname or "", role=am.DESTINATION)
        else:
            pacs = am.Participant(peer.aet, peer.aet, peer.host, am.DESTINATION)
        outcome = am.SUCCESS if successful else am.MINOR_FAILURE
        participants = [self._self(am.SOURCE, requestor=True), pacs]
        self._report(am.INSTANCES_TRANSFERRED, "R", participants, subject=subject, outcome=outcome)

    def rejected(self, *, host: str, title: str = "") -> None:
        """A peer called that may not: its title, its certificate (A.5.3.11)."""
        peer = am.Participant(title or host, title, host, requestor=True)
        self._report(
            am.SECURITY_ALERT,
            "E",
            [self._self(), peer],
            kind=am.NODE_AUTHENTICATION,
            outcome=am.MINOR_FAILURE,
            alert_about=host,
        )

    def _self(self, role: am.Code | None = None, *, requestor: bool = False) -> am.Participant:
        return am.Participant(f"lucency-{os.getpid()}", self._settings.aet, _host(), role, requestor)

    def _report(
        self,
        event: am.Code,
        action: am.Action,
        participants: list[am.Participant],
        *,
        kind: am.Code | None = None,
        outcome: am.Outcome = am.SUCCESS,
        subject: am.Subject | None = None,
        alert_about: str = "",
    ) -> None:
        if self._trail is None:
            return
        message = am.audit_message(
            event,
            action,
            participants,
            self._settings.aet,
            kind=kind,
            outcome=outcome,
            subject=subject,
            alert_about=alert_about,
        )
        try:
            self._trail.write(message)
        except OSError:
            if not self._failed:  # once, not for every image of a long night
                log.error("audit_failed", exc_info=True)
            self._failed = True
        else:
            self._failed = False


def auditor_of(settings: NodeSettings) -> Auditor:
    """Make the auditor that the settings ask for; without `audit` in them it does nothing.

    Raises:
        ConfigError: the file cannot be written, or the server's name is unknown.

    Example:
        >>> from lucency.node.settings import node_settings
        >>> settings = node_settings({"bundle": "b", "state": "s", "pacs": "PACS@127.0.0.1:4242"})
        >>> auditor_of(settings).application(started=True)
    """
    if settings.audit is None:
        return Auditor(settings, None)
    if "://" not in settings.audit:
        path = Path(settings.audit)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        except OSError as error:
            raise ConfigError(f"audit: {path}: cannot be written ({error.strerror}); give another file") from error
        return Auditor(settings, FileTrail(path))
    try:
        parts = urlsplit(settings.audit)
        if parts.scheme != "udp" or not parts.hostname or not parts.port or parts.path not in ("", "/"):
            raise ValueError
    except ValueError:
        raise ConfigError(f"audit: {settings.audit!r} is no file and no udp://HOST:PORT; write one of them") from None
    try:
        return Auditor(settings, SyslogTrail(parts.hostname, parts.port))
    except OSError as error:
        raise ConfigError(f"audit: host {parts.hostname!r} is unknown; give its address") from error


def _host() -> str:
    return "".join(c for c in socket.gethostname() if "!" <= c <= "~") or "-"
