"""Sending by STOW-RS."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import requests

from ..settings import NodeSettings
from .answer import Answer, Outcome, Outgoing, judged
from .web import TIMEOUT_S, web_session

_FAILED, _REASON = "00081198", "00081197"
_ANSWER_BYTES = 1_000_000
_BUSY = (429, 503, 507)
_ABOUT_THE_SERVICE = (401, 403, 404, 407, 408, 425)  # a wrong password or path says nothing about an object


class StowClient:
    """A PACS that is spoken to by STOW-RS (PS3.18 10.5); one request a file, so that each has an answer of its own.

    Args:
        settings: `pacs` is the root of a DICOMweb service.
    """

    connected = True  # each request stands for itself

    def __init__(self, settings: NodeSettings) -> None:
        self._http, root = web_session(settings, settings.pacs)
        self._url = f"{root}/studies"

    @contextmanager
    def session(self, files: Sequence[Outgoing]) -> Iterator["StowClient"]:
        """Use connections that are open already."""
        yield self

    def send(self, file: Outgoing) -> Answer:
        """Send one file; see `Session`."""
        boundary = uuid.uuid4().hex
        head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        body = head + file.path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Accept": "application/dicom+json",
        }
        try:
            with self._http.post(
                self._url, data=body, headers=headers, timeout=TIMEOUT_S, stream=True, allow_redirects=False
            ) as response:
                content = response.raw.read(_ANSWER_BYTES, decode_content=True)
        except (requests.RequestException, OSError) as error:
            return Answer(Outcome.UNREACHABLE, type(error).__name__)
        except Exception as error:  # urllib3 lets its own errors out of a body that breaks off
            return Answer(Outcome.UNREACHABLE, f"answer broke off ({type(error).__name__})")
        return stow_answer(response.status_code, content)


def stow_answer(status: int, content: bytes) -> Answer:
    """Say what an answer to a request with one instance means.

    The failure reason of the instance decides where there is one; else the HTTP status. Statuses about the service
    rather than the object (no such path, wrong password, redirects) count as an outage, since a mended setting mends
    them: no result is given up for them.

    Args:
        status: of HTTP.
        content: Store Instances Response Module as ``application/dicom+json``; anything else is passed over.

    Example:
        >>> [stow_answer(status, b"").outcome.value for status in (200, 503, 400, 401)]
        ['taken', 'busy', 'refused', 'unreachable']
        >>> stow_answer(409, b'{"00081198": {"vr": "SQ", "Value": [{"00081197": {"vr": "US", "Value": [43264]}}]}}')
        Answer(outcome=<Outcome.REFUSED: 'refused'>, reason='HTTP 409, status A900')
    """
    reason = f"HTTP {status}"
    if status in _BUSY:
        return Answer(Outcome.BUSY, reason)
    if status < 200 or 300 <= status < 400 or status >= 500 or status in _ABOUT_THE_SERVICE:
        return Answer(Outcome.UNREACHABLE, reason)
    failure = _failure(content)
    if failure is not None:
        answer = judged(failure)
        if answer.outcome is not Outcome.TAKEN or answer.reason:  # reason 0000 in a list of failures is none
            return Answer(answer.outcome, f"{reason}, {answer.reason}")
        return Answer(Outcome.REFUSED, f"{reason}, failed without a reason")
    return Answer(Outcome.TAKEN) if status < 300 else Answer(Outcome.REFUSED, reason)


def _failure(content: bytes) -> int | None:
    """Read the failure reason of the only instance; 0 if it failed without one, ``None`` if it did not fail."""
    try:
        module: Any = json.loads(content)
        module = module[0] if isinstance(module, list) else module
        items = module.get(_FAILED, {}).get("Value", [])
        return int(items[0].get(_REASON, {}).get("Value", [0])[0]) if items else None
    except (ValueError, TypeError, AttributeError, LookupError):
        return None
