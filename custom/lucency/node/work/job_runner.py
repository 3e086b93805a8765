"""One attempt at one job: from the object on disk to products on disk, or to the reason why there are none."""

import errno
import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ...errors import LucencyError, causes, explanation, one_line
from ...files import sha256_of, write_atomically
from ...inference.predictions_writer import disk_is_full
from ...results.schema import ImageResult
from ..jobs import Job, Kind, State
from ..operations.audit import auditor_of
from ..operations.audit_message import Subject
from ..settings import NodeSettings
from ..storage import Storage
from .limits import address_space, memory_limit, ran_out_of_memory
from .outcome import Outcome, tried
from .predictor import Predictor
from .products import Products
from .verdicts import is_verdict

log = logging.getLogger("lucency.node")

SR_CLASSES = "1.2.840.10008.5.1.4.1.1.88."
"""What the UIDs of all structured reports begin with (PS3.6 A)."""
NO_RESULT = {"refused": Kind.REFUSED_BY_GUARD, "skipped": Kind.NO_IMAGE}
NO_DISK_S = 10.0
"""Seconds before another attempt while the disk is full, or away."""
LOST = "lost"
"""Digest of an object that is lost: the same object, sent again, is another than this."""


class JobRunner:
    """Answer objects of the queue; whatever is wrong with one of them is its outcome, never an error.

    Args:
        settings: of the node.
        storage: holds objects and products.
        predictor: ready to answer; what this process holds in memory by now is what it holds when it is idle.
        products: writes what is to be sent.
    """

    def __init__(self, settings: NodeSettings, storage: Storage, predictor: Predictor, products: Products) -> None:
        self._settings = settings
        self._storage = storage
        self._predictor = predictor
        self._products = products
        self._auditor = auditor_of(settings)
        self._held = address_space()

    def run(self, job: Job) -> Outcome:
        """Work on a job that is leased; its products are on disk when this returns ``built``."""
        source = self._storage.root / job.path
        try:
            if (outcome := self._without_work(job, source)) is not None:
                return outcome
            with memory_limit(self._held, self._settings.mem_mb):
                return self._answer(job, source)
        except Exception as error:
            return self._failed(job, error)

    def _without_work(self, job: Job, source: Path) -> Outcome | None:
        there = bool(job.path) and source.is_file()
        published = self._storage.published(job.name)
        if published and (job.recipe == self._predictor.recipe or not there):  # by an attempt that could not say so
            return Outcome(State.BUILT, digest=job.digest, products=published, recipe=job.recipe)
        if not there and not self._storage.is_there:
            raise FileNotFoundError("the storage is away")
        if not there:
            return Outcome(State.DEAD, Kind.NODE_FAILURE, "its file is lost; have it sent again", LOST)
        if job.attempts > self._settings.attempts:
            return Outcome(State.DEAD, Kind.CRASHED, f"{job.attempts - 1} attempts ended without a word")
        if published:  # what another model made and nobody was sent; now, since later it may be a fellow's
            self._storage.withdraw(job.name)
        return None

    def _answer(self, job: Job, source: Path) -> Outcome:
        digest = sha256_of(source)
        if job.sop_class_uid.startswith(SR_CLASSES) and is_verdict(source):
            name = hashlib.sha256(job.sop_instance_uid.encode()).hexdigest()[:32]
            write_atomically(self._storage.verdicts / f"{name}.dcm", source.read_bytes())
            return Outcome(State.SKIPPED, Kind.VERDICT, "kept for lucency refine import", digest)
        result, image = self._predictor.predict(source)
        self._audit(job, result.identifiers)
        if result.identifiers["sop_instance_uid"] not in ("", job.sop_instance_uid):
            reason = "(0008,0018) SOPInstanceUID: is not the one that its sender announced"
            return Outcome(State.DEAD, Kind.UNREADABLE, reason, digest)
        if result.status in NO_RESULT:
            return Outcome(State.SKIPPED, NO_RESULT[result.status], result.reason, digest)
        if result.status != "ok":
            return Outcome(State.DEAD, Kind.UNREADABLE, result.reason, digest)
        return self._publish(job, source, result, image, digest)

    def _audit(self, job: Job, identifiers: Mapping[str, str]) -> None:
        """Report the transfer here and not at the door, where no header is read."""
        study, patient = identifiers["study_instance_uid"], identifiers["patient_id"]
        self._auditor.received(Subject(study, patient, "", ((job.sop_class_uid, 1),)), sender=job.sender)

    def _publish(self, job: Job, source: Path, result: ImageResult, image: Tensor, digest: str) -> Outcome:
        try:
            with self._storage.publication(job.name) as folder:
                self._report(result, source, folder)
                self._heatmaps(job, source, result, image, folder)
                self._products.fhir(result, folder)
        except _NoReportError as error:
            return Outcome(State.DEAD, Kind.NO_REPORT, one_line(str(error)), digest)
        return Outcome(
            State.BUILT, digest=digest, products=self._storage.published(job.name), recipe=self._predictor.recipe
        )

    def _report(self, result: ImageResult, source: Path, folder: Path) -> None:
        try:
            self._products.report(result, source, folder)
        except LucencyError as error:
            if _is_of_the_node(error):
                raise
            raise _NoReportError(str(error)) from error

    def _heatmaps(self, job: Job, source: Path, result: ImageResult, image: Tensor, folder: Path) -> None:
        try:
            self._products.heatmaps(result, source, image, folder)
        except Exception as error:  # a picture that cannot be drawn must not cost the report
            if _is_of_the_node(error):
                raise
            log.warning("heatmaps_failed", extra={"job": job.id}, exc_info=True)

    def _failed(self, job: Job, error: Exception) -> Outcome:
        reason = explanation(error) or one_line(f"{type(error).__name__}: {error}")
        if ran_out_of_memory(error):
            limit = f"needs more than {self._settings.mem_mb} MB of memory; raise mem_mb if it is a radiograph"
            return tried(job, Kind.MEMORY_LIMIT, limit, self._settings)
        if _is_of_the_disk(error) or not self._storage.is_there:
            return Outcome(State.QUEUED, Kind.NODE_FAILURE, reason, wait_s=NO_DISK_S, counts=False)
        log.error("job_failed", extra={"job": job.id}, exc_info=error)
        return tried(job, Kind.NODE_FAILURE, reason, self._settings)


class _NoReportError(LucencyError):
    """A header of which no report can be made; it must leave the publication as an error, or that would stand."""


def _is_of_the_node(error: Exception) -> bool:
    """Tell what the node lacks from what is wrong with the object."""
    return any(isinstance(cause, OSError) for cause in causes(error)) or ran_out_of_memory(error)


def _is_of_the_disk(error: Exception) -> bool:
    """Tell a disk that would fail every other job too, and that no number of attempts mends."""
    gone = (errno.EROFS, errno.ESTALE)
    return disk_is_full(error) or any(isinstance(cause, OSError) and cause.errno in gone for cause in causes(error))
