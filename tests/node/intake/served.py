"""A StoreScp that runs over a real queue, and peers that behave and that don't."""

import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pynetdicom import AE
from pynetdicom.association import Association

from lucency.node.intake import Patience, StoreScp
from node.intake.door import Door
from node.intake.intake_parts import CR

SHORT = Patience(negotiation=5, pdu=2, idle=3, grace=1)
HASTY = Patience(negotiation=1, pdu=1, idle=3, grace=1)
"""Those that keep it may be too slow on a busy machine: ask again."""


class Served(Door):
    """A node's door with its DICOM service."""

    def __init__(self, folder: Path, patience: Patience | None = None, **changes: Any) -> None:
        super().__init__(folder, **{"aet": "NODE"} | changes)
        self.scp = StoreScp(
            self.settings,
            self.intake,
            self.storage,
            self.metrics,
            on_refused=lambda *told: self.metrics.alerts.append(told[0]),
            patience=patience,
        )
        self.scp.start()

    @property
    def port(self) -> int:
        return self.scp.port

    def stop(self) -> None:
        self.scp.stop()
        self.queue.close()

    def connect(self, start: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sendall(start)
        return connection


ServedMaker = Callable[..., Served]


def dcmtk(tool: str, port: int, *arguments: Any, called: str = "NODE", calling: str = "CR1") -> Any:
    """Run one of dcmtk's tools; those of the same name in a virtual environment are pynetdicom's."""
    path = f"/usr/bin/{tool}"
    if shutil.which(path) is None:
        pytest.skip(f"dcmtk is not installed ({path})")
    command = [path, *map(str, arguments[:-1] if tool != "echoscu" else arguments)]
    command += ["-v", "-aec", called, "-aet", calling, "127.0.0.1", str(port)]
    command += list(map(str, arguments[-1])) if tool != "echoscu" else []
    environment = os.environ | {"TMPDIR": "/tmp"}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


def associated(port: int, *, called: str = "NODE", calling: str = "CR1", host: str = "127.0.0.1") -> Association:
    entity = AE(calling)
    entity.acse_timeout = entity.dimse_timeout = 10
    entity.add_requested_context("1.2.840.10008.1.1")
    entity.add_requested_context(CR, "1.2.840.10008.1.2.1")
    return entity.associate(host, port, ae_title=called)


def acceptors() -> int:
    return sum("AcceptorThread" in thread.name for thread in threading.enumerate())


def send(
    served: Served, *files: Path, called: str = "NODE", calling: str = "CR1", options: tuple[str, ...] = ()
) -> Any:
    return dcmtk("storescu", served.port, *options, files, called=called, calling=calling)


def echoes(served: Served) -> bool:
    association = associated(served.port)
    try:
        return association.is_established and association.send_c_echo().Status == 0
    finally:
        association.release()


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBL", kind, 0, len(body)) + body


def store_command(uid: str) -> bytes:
    """A C-STORE-RQ in implicit VR little endian (PS3.7 9.3.1), as one fragment of context 3."""

    def element(number: int, value: bytes) -> bytes:
        return struct.pack("<HHL", 0, number, len(value)) + value

    def padded(text: str) -> bytes:
        return text.encode() + b"\0" * (len(text) % 2)

    content = (
        element(0x2, padded(CR))
        + element(0x100, struct.pack("<H", 1))
        + element(0x110, struct.pack("<H", 1))
        + element(0x700, struct.pack("<H", 0))
        + element(0x800, struct.pack("<H", 1))
        + element(0x1000, padded(uid))
    )
    return data_fragment(element(0x0, struct.pack("<L", len(content))) + content, header=3)


def data_fragment(content: bytes, header: int = 0) -> bytes:
    value = bytes([3, header]) + content
    return pdu(4, struct.pack(">L", len(value)) + value)


def half_sent(association: Association, uid: str = "1.2.3") -> socket.socket:
    """Send the beginning of an object by hand, on an association that was negotiated."""
    connection: socket.socket = association.dul.socket.socket  # type: ignore[union-attr, assignment]
    connection.sendall(store_command(uid) + data_fragment(b"\x08\x00" * 5000))
    return connection
