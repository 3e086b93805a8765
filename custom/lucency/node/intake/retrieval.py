"""Retrieving one instance by WADO-RS, byte by byte as it is stored."""

import re
from pathlib import Path
from typing import Literal

import requests

from ...errors import LucencyError
from ..delivery.web import TIMEOUT_S
from .multipart import Multipart, MultipartError, parsed_type
from .part10 import Identity, Part10Error, read_identity

_UID = re.compile(r"[0-9.]{1,64}")
_ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*'

MAX_INSTANCE = 1_000_000_000
"""Bytes of one instance."""


class RetrievalError(LucencyError):
    """An instance that was not retrieved; the text quotes nothing of it.

    Attributes:
        kind: a word for logs.
    """

    def __init__(self, kind: Literal["service_unreachable", "not_retrieved", "unreadable_answer"], text: str) -> None:
        self.kind = kind
        super().__init__(text)


def retrieved(session: requests.Session, root: str, address: tuple[str, str, str], target: Path) -> Identity:
    """Retrieve an instance into a file (PS3.18 10.4).

    Args:
        session: of the service.
        root: of the service.
        address: UIDs of study, series and instance.
        target: gets the bytes of the only part.

    Raises:
        RetrievalError: the service is away, refuses, or sends something else than was asked for.
        OSError: the file cannot be written.
    """
    if not all(_UID.fullmatch(uid) for uid in address):
        raise RetrievalError("unreadable_answer", "the service listed an instance by what are no UIDs")
    url = "{}/studies/{}/series/{}/instances/{}".format(root, *address)
    try:
        response = session.get(
            url, headers={"Accept": _ACCEPT, "Accept-Encoding": "identity"}, timeout=TIMEOUT_S, stream=True
        )
    except (requests.ConnectionError, requests.TooManyRedirects) as error:
        raise RetrievalError("service_unreachable", f"no connection ({type(error).__name__})") from error
    except requests.RequestException as error:
        raise RetrievalError("not_retrieved", f"no answer ({type(error).__name__})") from error
    with response:
        if response.status_code != requests.codes.ok:
            raise RetrievalError("not_retrieved", f"HTTP {response.status_code}")
        try:
            _write_only_part(response, target)
            identity = read_identity(target)
        except (MultipartError, Part10Error) as error:
            raise RetrievalError("unreadable_answer", str(error)) from error
    if identity.sop_instance_uid != address[2]:
        raise RetrievalError("unreadable_answer", "the service sent another instance than was asked for")
    return identity


def _write_only_part(response: requests.Response, target: Path) -> None:
    content_type = response.headers.get("Content-Type", "")
    if parsed_type(content_type).get_content_type() != "multipart/related":
        raise MultipartError("content type: is not multipart/related")
    parts = 0
    with target.open("wb") as file:
        for _, chunks in Multipart(response.raw, content_type, MAX_INSTANCE):
            parts += 1
            for chunk in chunks:
                if parts == 1:
                    file.write(chunk)
    if parts != 1:
        raise MultipartError(f"body: has {parts} parts instead of one")
