"""Pulling radiographs from a DICOMweb service that does not push them."""

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import requests
from dicomweb_client.web import DICOMwebClient

from ...errors import LucencyError
from ..delivery.backoff import ceiling, full_jitter
from ..delivery.web import TIMEOUT_S, web_session
from ..queue.protocol import JobQueue
from ..settings import NodeSettings
from ..storage import Storage
from .intake import Intake, NodeFullError
from .retrieval import RetrievalError, retrieved

log = logging.getLogger("lucency.node")

MODALITIES = ("CR", "DX")
PAGE = 100
_FIELDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
_TAGS = ("0020000D", "0020000E", "00080018")
_HOUR_S = 3600.0

Address = tuple[str, str, str]
"""UIDs of study, series and instance."""


class ServiceError(LucencyError):
    """The service does not answer, or not as QIDO-RS does."""


class Puller:
    """Ask a service again and again for radiographs that are not in the queue, and take them.

    It asks by QIDO-RS for all instances of Modality CR and DX whose Study Date lies in the last `pull_days` days, page
    by page, and retrieves those without a job by WADO-RS in the transfer syntax that they are stored with. Studies
    without a date are not found this way. An instance that cannot be retrieved costs only itself and is tried again
    later; if the service is away, the next round is.

    Args:
        settings: `pull` is the root of the service.
        intake: takes the objects.
        queue: knows which there are.
        storage: where they are received.
        recipe: of this node's results.
    """

    def __init__(self, settings: NodeSettings, intake: Intake, queue: JobQueue, storage: Storage, recipe: str) -> None:
        if settings.pull is None:
            raise ValueError("settings.pull is not set")
        self._settings, self._intake, self._queue = settings, intake, queue
        self._storage, self._recipe = storage, recipe
        self._http, self._root = web_session(settings, settings.pull)
        self._client = DICOMwebClient(self._root, session=self._http, timeout=TIMEOUT_S)
        self._client.set_http_retry_params(retry=False)
        self._later: dict[str, tuple[int, float]] = {}  # UID to how often it failed, and when it is due again
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="puller", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the instance that is being retrieved."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(sum(TIMEOUT_S))

    def pull(self) -> int:
        """Go through what the service has; how many objects were taken.

        Raises:
            ServiceError: it does not answer, or not as it should.
        """
        taken = 0
        listed: set[str] = set()
        for modality in MODALITIES:
            for page in self._pages(modality):
                listed |= {uid for _, _, uid in page}
                known = self._queue.known([uid for _, _, uid in page], self._recipe)
                for address in page:
                    if self._end.is_set() or self._intake.refusal() is not None:
                        return taken
                    if address[2] not in known and self._is_due(address[2]):
                        taken += self._take(address)
        self._later = {uid: state for uid, state in self._later.items() if uid in listed}
        return taken

    def _run(self) -> None:
        failures = 0
        while not self._end.is_set():
            wait = self._settings.pull_s
            try:
                self.pull()
                failures = 0
            except NodeFullError:
                failures = 0
            except ServiceError:
                log.warning("pull_failed", extra={"kind": "service_unreachable"})
                wait += full_jitter(failures, self._settings.retry_base, self._settings.retry_cap)
                failures += 1
            except Exception:
                log.exception("pull_failed")
                wait += full_jitter(failures, self._settings.retry_base, self._settings.retry_cap)
                failures += 1
            self._end.wait(wait)

    def _pages(self, modality: str) -> Iterator[list[Address]]:
        """Ask for page after page, until one has nothing that was not in those before it."""
        since = date.today() - timedelta(days=self._settings.pull_days)
        filters = {"Modality": modality, "StudyDate": f"{since:%Y%m%d}-"}  # open, since clocks of modalities go wrong
        seen: set[Address] = set()
        offset = 0
        while True:
            try:
                rows = self._client.search_for_instances(
                    limit=PAGE, offset=offset, fields=_FIELDS, search_filters=filters
                )
                page = [address for row in rows if (address := _address(row)) is not None]
            except (requests.RequestException, OSError, ValueError, TypeError, AttributeError) as error:
                raise ServiceError(f"pull: the service gave no list of instances ({type(error).__name__})") from error
            if rows and not page:
                raise ServiceError(
                    "pull: the service lists what are no instances; is it the root of a DICOMweb service?"
                )
            fresh = [address for address in page if address not in seen]
            if not fresh:
                return
            seen.update(fresh)
            offset += len(rows)
            yield fresh

    def _is_due(self, uid: str) -> bool:
        return uid not in self._later or time.monotonic() >= self._later[uid][1]

    def _take(self, address: Address) -> bool:
        """Retrieve and take one instance; ``False`` if it cannot be had now."""
        uid = address[2]
        file = self._storage.incoming / f"{uuid.uuid4().hex}.wado"
        try:
            identity = retrieved(self._http, self._root, address, file)
            self._intake.take(file, sop_instance_uid=uid, sop_class_uid=identity.sop_class_uid, sender="dicomweb")
        except RetrievalError as error:
            tries = self._later.get(uid, (0, 0.0))[0]
            wait = ceiling(tries, max(self._settings.pull_s, self._settings.retry_base), _HOUR_S)
            self._later[uid] = (tries + 1, time.monotonic() + wait)
            log.warning("pull_failed", extra={"kind": error.kind})
            if error.kind == "service_unreachable":
                raise ServiceError(str(error)) from error
            return False
        finally:
            file.unlink(missing_ok=True)
        self._later.pop(uid, None)
        return True


def _address(row: Any) -> Address | None:
    """UIDs of a row of an answer; ``None`` if it lacks one, so that nobody could retrieve it."""
    try:
        study, series, instance = (str(row[tag]["Value"][0]) for tag in _TAGS)
    except (LookupError, TypeError):
        return None
    return study, series, instance
