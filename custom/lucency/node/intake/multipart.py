"""Reading multipart bodies (RFC 2046 5.1) piece by piece, as DICOMweb has them; no part is held in memory."""

from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Protocol

from ...errors import LucencyError

_CHUNK = 65_536
_HEADER_BYTES = 16_384
_BOUNDARY_BYTES = 70  # RFC 2046 5.1.1


class MultipartError(LucencyError):
    """A body that is not what its content type says; the text quotes nothing of it."""


class TooLongError(MultipartError):
    """A body that is longer than it may be."""


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Give at most so many bytes; none at its end."""


class Multipart:
    r"""The parts of a body, each of which is read to its end before the next begins.

    Args:
        stream: the body.
        content_type: its Content-Type, which names the boundary, quoted or not.
        limit: bytes that the body may have.

    Raises:
        MultipartError: the content type names no boundary.

    Iterating raises `MultipartError` where the body breaks off or is malformed, `TooLongError` where it passes `limit`;
    the parts that were given before are whole.

    Example:
        >>> from io import BytesIO
        >>> body = BytesIO(b"--b\r\nContent-Type: application/dicom\r\n\r\nDICM\r\n--b--")
        >>> for headers, chunks in Multipart(body, "multipart/related; boundary=b", 1000):
        ...     headers.get_content_type(), b"".join(chunks)
        ('application/dicom', b'DICM')
    """

    def __init__(self, stream: Readable, content_type: str, limit: int) -> None:
        boundary = parsed_type(content_type).get_param("boundary")
        if not isinstance(boundary, str) or not boundary.isascii() or not 0 < len(boundary) <= _BOUNDARY_BYTES:
            raise MultipartError("content type: names no boundary of 1 to 70 characters; add boundary=...")
        self._delimiter = b"\r\n--" + boundary.encode()
        self._stream = stream
        self._left = limit
        self._buffer = b"\r\n"  # so that a boundary at the very beginning is found as any other

    def __iter__(self) -> Iterator[tuple[Message, Iterator[bytes]]]:
        """Give the headers of each part, and its content in pieces."""
        for _ in self._until_delimiter():
            continue  # a preamble, which is to be ignored
        while not self._closed():
            headers = self._headers()
            chunks = self._until_delimiter()
            yield headers, chunks
            for _ in chunks:
                continue

    def _closed(self) -> bool:
        """Read the rest of a boundary's line; whether it was the last one."""
        if self._starts_with(b"--"):
            return True
        while not (line := self._buffer.lstrip(b" \t")):  # transport padding
            self._buffer = b""
            self._more()
        self._buffer = line
        if not self._starts_with(b"\r\n"):
            raise MultipartError("body: a boundary is followed by something else; choose one that no part contains")
        return False

    def _headers(self) -> Message:
        """Read headers; the buffer begins with the end of the boundary's line."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > _HEADER_BYTES:
                raise MultipartError("body: the headers of a part have no end; put an empty line after them")
            self._more()
        head, self._buffer = self._buffer[2 : end + 2], self._buffer[end + 4 :]
        return BytesHeaderParser().parsebytes(head)

    def _until_delimiter(self) -> Iterator[bytes]:
        keep = len(self._delimiter) - 1
        while (at := self._buffer.find(self._delimiter)) < 0:
            if len(self._buffer) > keep:
                piece, self._buffer = self._buffer[:-keep], self._buffer[-keep:]
                yield piece
            self._more()
        piece, self._buffer = self._buffer[:at], self._buffer[at + len(self._delimiter) :]
        if piece:
            yield piece

    def _starts_with(self, prefix: bytes) -> bool:
        while len(self._buffer) < len(prefix):
            self._more()
        return self._buffer.startswith(prefix)

    def _more(self) -> None:
        try:
            piece = self._stream.read(_CHUNK)
        except Exception as error:  # each kind of stream has errors of its own
            raise MultipartError(f"body: broke off ({type(error).__name__}); send it again") from error
        if not piece:
            raise MultipartError("body: ends before its closing boundary; send it whole")
        self._left -= len(piece)
        if self._left < 0:
            raise TooLongError("body: is longer than the node takes; send fewer objects at once")
        self._buffer += piece


def parsed_type(content_type: str) -> Message:
    """Parse a Content-Type with its parameters, which may be quoted.

    Example:
        >>> parsed_type('Multipart/Related; TYPE="application/dicom"; boundary="a b"').get_param("type")
        'application/dicom'
    """
    message = Message()
    message["Content-Type"] = " ".join(content_type.split())
    return message
