"""A socket that no peer can make wait for ever, or fill the memory of."""

import contextlib
import errno
import socket
import time

from pynetdicom.transport import AssociationSocket

LONGEST_PDU = 2**20
"""Bytes; we announce far less for data, and no association request comes near it (PS3.8 9.3.2)."""


class GuardedSocket(AssociationSocket):  # type: ignore[misc]
    """Takes over an association's socket: reads fast, bounds length and time of every PDU.

    pynetdicom's own reads in pieces of 4 KB, waits without end for the rest of a PDU, and takes any length up to 4 GB.

    Args:
        plain: what is taken over; not to be used afterwards.
        pdu_s: see `allow`.
    """

    def __init__(self, plain: AssociationSocket, pdu_s: float) -> None:
        self.__dict__.update(plain.__dict__)
        self.allow(pdu_s)

    def allow(self, pdu_s: float) -> None:
        """Set the seconds in which a PDU must have come whole, or have gone."""
        self._pdu_s = pdu_s
        if self.socket is not None:
            with contextlib.suppress(OSError):  # closed just now
                self.socket.settimeout(pdu_s)

    def sever(self) -> None:
        """End the connection; a thread that reads from it comes back at once."""
        if self.socket is not None:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)

    def _shutdown_socket(self) -> None:
        """Close for certain; pynetdicom's leaves the descriptor open if the peer has closed before."""
        self.sever()
        if self.socket is not None:
            self.socket.close()

    def recv(self, nr_bytes: int) -> bytearray:
        """Read so many bytes, or fewer if the peer is gone.

        Raises:
            OSError: they are too many, or did not come in time.
        """
        if nr_bytes > LONGEST_PDU:
            raise OSError(errno.EMSGSIZE, "PDU is too long")
        if self.socket is None:
            raise OSError(errno.ENOTCONN, "connection is closed")
        content = bytearray(nr_bytes)
        view = memoryview(content)
        read = 0
        until = time.monotonic() + self._pdu_s
        while read < nr_bytes:
            count = self.socket.recv_into(view[read:])
            if not count:
                return content[:read]
            read += count
            if read < nr_bytes and time.monotonic() > until:
                raise TimeoutError(errno.ETIMEDOUT, "PDU did not come whole in time")
        return content
