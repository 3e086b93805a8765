"""What a STOW-RS request is answered: which objects were stored, and why others were not."""

from enum import IntEnum
from typing import Any

from .part10 import Identity

_FAILED_SEQUENCE, _REFERENCED_SEQUENCE = "00081198", "00081199"
_CLASS, _INSTANCE, _REASON = "00081150", "00081155", "00081197"


class FailureReason(IntEnum):
    """Failure reasons of PS3.18 10.5.3 and the Storage Service Class."""

    PROCESSING_FAILURE = 0x0110
    """It is of another study than the request."""
    OUT_OF_RESOURCES = 0xA700
    CANNOT_UNDERSTAND = 0xC000
    """It is no DICOM file."""


class StoreResult:
    """Collects what became of the parts of a request.

    Example:
        >>> result = StoreResult()
        >>> result.stored(Identity("1.2", "1.2.3", "1.2.840.10008.1.2.1"))
        >>> result.failed(None, FailureReason.CANNOT_UNDERSTAND)
        >>> result.http_status
        '202 Accepted'
    """

    def __init__(self) -> None:
        self._stored: list[dict[str, Any]] = []
        self._failed: list[dict[str, Any]] = []
        self._reasons: set[FailureReason] = set()

    def stored(self, identity: Identity) -> None:
        """Note an object that is on disk and in the queue."""
        self._stored.append(_reference(identity))

    def failed(self, identity: Identity | None, reason: FailureReason) -> None:
        """Note an object that is not; without an identity it did not say what it is."""
        item = _reference(identity) if identity is not None else {}
        self._failed.append(item | {_REASON: {"vr": "US", "Value": [int(reason)]}})
        self._reasons.add(reason)

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing."""
        return not self._stored and not self._failed

    @property
    def busy(self) -> bool:
        """Whether nothing was stored and all of it may be sent again later."""
        return not self._stored and self._reasons == {FailureReason.OUT_OF_RESOURCES}

    @property
    def http_status(self) -> str:
        """Status line of the answer."""
        if not self._failed:
            return "200 OK"
        return "202 Accepted" if self._stored else "409 Conflict"

    def module(self) -> dict[str, Any]:
        """Store Instances Response Module (PS3.18 annex I) in the DICOM JSON model."""
        sequences = {_REFERENCED_SEQUENCE: self._stored, _FAILED_SEQUENCE: self._failed}
        return {tag: {"vr": "SQ", "Value": items} for tag, items in sorted(sequences.items()) if items}


def _reference(identity: Identity) -> dict[str, Any]:
    return {
        _CLASS: {"vr": "UI", "Value": [identity.sop_class_uid]},
        _INSTANCE: {"vr": "UI", "Value": [identity.sop_instance_uid]},
    }
