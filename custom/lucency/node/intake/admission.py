"""Who may have an association."""

import threading

from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE

from ..settings import NodeSettings

REJECTIONS = {
    "called_ae": (0x01, 0x01, 0x07),
    "calling_ae": (0x01, 0x01, 0x03),
    "limit": (0x02, 0x03, 0x02),
    "stopping": (0x02, 0x03, 0x01),
}
"""Result, source and diagnostic of A-ASSOCIATE-RJ (PS3.8 9.3.4)."""


class Admission:
    """Checks AE titles, and counts associations.

    pynetdicom's own limit counts connections that have not asked for an association, too: a few silent peers would
    keep all others out.

    Args:
        settings: `aet`, `allow` and `max_associations` are used.
    """

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._admitted: set[Association] = set()
        self._closed = False

    def close(self) -> None:
        """Admit nobody any more."""
        self._closed = True

    def objection(self, association: Association) -> str | None:
        """Why an association is not admitted, a key of `REJECTIONS`; ``None`` if it is."""
        request = association.requestor.primitive
        if not isinstance(request, A_ASSOCIATE) or request.called_ae_title.strip() != self._settings.aet:
            return "called_ae"
        if self._settings.allow and request.calling_ae_title.strip() not in self._settings.allow:
            return "calling_ae"
        if self._closed:
            return "stopping"
        with self._lock:
            self._admitted = {each for each in self._admitted if each.is_alive()}
            if len(self._admitted) >= self._settings.max_associations:
                return "limit"
            self._admitted.add(association)
        return None
