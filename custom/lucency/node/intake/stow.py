"""STOW-RS: radiographs that are pushed by HTTP."""

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from email.message import Message
from wsgiref.types import StartResponse, WSGIEnvironment

from ...errors import LucencyError
from ..storage import Storage
from .intake import Intake
from .multipart import Multipart, MultipartError, TooLongError, parsed_type
from .part10 import Identity, Part10Error, read_identity
from .store_result import FailureReason, StoreResult
from .study import study_of

_PATH = re.compile(r"/studies(?:/(?P<study>[0-9.]{1,64}))?/?")
_PARTS = 1_000
_RETRY_S = 30
_OBJECT = "application/dicom"

MAX_BODY = 2_000_000_000
"""Bytes of one request."""


class StowService:
    """A WSGI application for ``POST /studies`` and ``POST /studies/UID`` (PS3.18 10.5).

    Each object is taken as one by C-STORE is: when the answer names it as stored, it is on disk and in the queue. The
    answer is ``application/dicom+json``: 200 if all were taken, 202 if some were, 409 if none were. Where the node has
    no room (an outage for the sender, not a fault of the objects) it is 503 with ``Retry-After``; other errors are a
    line of text with 400, 413 or 415. Objects that a broken request had brought whole are taken all the same: to send
    them again changes nothing.

    Args:
        intake: takes the objects.
        storage: where they are received.
        max_body: bytes of one request.
    """

    def __init__(self, intake: Intake, storage: Storage, max_body: int = MAX_BODY) -> None:
        self._intake, self._storage, self._max_body = intake, storage, max_body

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        path = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if path is None:
            return _text(start_response, "404 Not Found", "there is nothing here; POST to /studies")
        if environ["REQUEST_METHOD"] != "POST":
            return _text(start_response, "405 Method Not Allowed", "POST objects here", ("Allow", "POST"))
        content_type = environ.get("CONTENT_TYPE", "")
        if (refusal := _refused_type(parsed_type(content_type))) is not None:
            return _text(start_response, "415 Unsupported Media Type", refusal)
        if (reason := self._intake.refusal()) is not None:
            self._intake.refuse(reason)
            return _busy(start_response, None)
        result = StoreResult()
        try:
            if int(environ.get("CONTENT_LENGTH") or 0) > self._max_body:
                raise TooLongError("body: is longer than the node takes; send fewer objects at once")
            parts = Multipart(environ["wsgi.input"], content_type, self._max_body)
            for count, (headers, chunks) in enumerate(parts, 1):
                if count > _PARTS:
                    raise TooLongError(f"body: has more than {_PARTS} parts; send fewer objects at once")
                self._take(headers, chunks, path["study"], result)
        except TooLongError as error:
            return _text(start_response, "413 Content Too Large", str(error))
        except MultipartError as error:
            return _text(start_response, "400 Bad Request", str(error))
        if result.is_empty:
            return _text(start_response, "400 Bad Request", "body: has no parts; send at least one object")
        if result.busy:
            return _busy(start_response, result)
        return _answer(start_response, result.http_status, result)

    def _take(self, headers: Message, chunks: Iterator[bytes], study: str | None, result: StoreResult) -> None:
        """Receive a part; its failure is its own, unless the body ends in it."""
        file = self._storage.incoming / f"{uuid.uuid4().hex}.stow"
        identity: Identity | None = None
        try:
            with file.open("xb") as received:
                for chunk in chunks:
                    received.write(chunk)
            if headers.get("Content-Type") and headers.get_content_type() != _OBJECT:
                raise Part10Error("is no application/dicom")
            identity = read_identity(file)
            if study is not None and study_of(file, identity) != study:
                result.failed(identity, FailureReason.PROCESSING_FAILURE)
                return
            self._intake.take(
                file,
                sop_instance_uid=identity.sop_instance_uid,
                sop_class_uid=identity.sop_class_uid,
                sender="dicomweb",
            )
            result.stored(identity)
        except MultipartError:
            raise
        except Part10Error:
            result.failed(identity, FailureReason.CANNOT_UNDERSTAND)
        except (LucencyError, OSError):  # no room, or the queue or the disk did not take it: later they may
            result.failed(identity, FailureReason.OUT_OF_RESOURCES)
        finally:
            file.unlink(missing_ok=True)


def _refused_type(content_type: Message) -> str | None:
    if content_type.get_content_type() != "multipart/related":
        return 'content type: is not multipart/related; send multipart/related; type="application/dicom"'
    parts = content_type.get_param("type", _OBJECT)
    if not isinstance(parts, str) or parts.lower() != _OBJECT:
        return 'content type: its parts are not application/dicom; send type="application/dicom"'
    return None


def _text(start: StartResponse, status: str, line: str, *headers: tuple[str, str]) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
    return [f"{line}\n".encode()]


def _busy(start: StartResponse, result: StoreResult | None) -> Iterable[bytes]:
    retry = ("Retry-After", str(_RETRY_S))
    if result is None:
        return _text(start, "503 Service Unavailable", "the node has no room now; send it again later", retry)
    return _answer(start, "503 Service Unavailable", result, retry)


def _answer(start: StartResponse, status: str, result: StoreResult, *headers: tuple[str, str]) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/dicom+json"), *headers])
    return [json.dumps(result.module()).encode()]
