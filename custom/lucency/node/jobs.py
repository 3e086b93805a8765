"""What the queue holds: one job for every object that was acknowledged."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a job is; ``sent``, ``skipped`` and ``dead`` are ends.

    Example:
        >>> State("queued") is State.QUEUED
        True
    """

    QUEUED = "queued"
    """On disk, waits for a worker."""
    RUNNING = "running"
    """A worker has leased it."""
    BUILT = "built"
    """Its results are on disk, wait to be sent."""
    SENT = "sent"
    """The PACS has taken all its results."""
    SKIPPED = "skipped"
    """Gets no result, and its kind says why."""
    DEAD = "dead"
    """Was given up, and its kind says why; `retry` tries it again."""


class Kind(StrEnum):
    """Why a job was skipped or given up: few words that name no patient, for logs, metrics and pages.

    The one line of explanation, which may quote the object, is `Job.reason` and stays in the queue.
    """

    NOT_CANDIDATE = "not_candidate"
    """Its SOP class cannot hold a radiograph of the chest."""
    REFUSED_BY_GUARD = "refused_by_guard"
    NO_IMAGE = "no_image"
    VERDICT = "verdict"
    """A reader's judgement of a report of ours; kept for `lucency refine import`."""
    ANSWERED_BEFORE = "answered_before"
    """Another job has the result of this very image and model."""
    UNREADABLE = "unreadable"
    """It cannot be decoded or predicted."""
    NO_REPORT = "no_report"
    """It was predicted, but no report can be made of its header."""
    CRASHED = "crashed"
    """The worker died of it."""
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    NODE_FAILURE = "node_failure"
    """The node itself failed: a full disk, a lost file, a defect."""
    REFUSED_BY_PACS = "refused_by_pacs"
    PACS_UNREACHABLE = "pacs_unreachable"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An object that a peer has handed over.

    Attributes:
        sop_instance_uid: identifies it; the same object sent twice is one job.
        sop_class_uid: what it is.
        sender: calling AE title, or ``dicomweb``.
        path: of the object on disk, relative to the storage folder; empty if it is not kept.
        recipe: digest of all that decides about a result's identity; see `lucency.node.work`.
        kind: given if it is skipped at once.
        reason: one line, with `kind`.
    """

    sop_instance_uid: str
    sop_class_uid: str
    sender: str
    path: str
    recipe: str
    kind: Kind | None = None
    reason: str = ""


class Reception(StrEnum):
    """What became of an arrival; all of them are acknowledged."""

    TAKEN = "taken"
    """It is a job of its own, and its file belongs to the queue."""
    KNOWN = "known"
    """There is a job for it; its file is to be removed by whoever brought it."""
    REPLACED = "replaced"
    """It takes the place of another object of this UID that was skipped or dead; its file belongs to the queue."""


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the queue.

    Attributes:
        id: number in order of arrival; names no patient.
        lease: token of whoever works on it; only its holder can finish the job.
        attempts: how often it was tried in its present stage.
        digest: SHA-256 of the object, in hexadecimal, once a worker has read it.
        products: files that are to be sent, relative to the storage folder.
        received, started, built, finished: seconds since 1970; ``None`` where it did not happen yet.
    """

    id: int
    sop_instance_uid: str
    sop_class_uid: str
    sender: str
    path: str
    recipe: str
    state: State
    kind: Kind | None
    reason: str
    attempts: int
    lease: str | None
    digest: str
    products: tuple[str, ...]
    received: float
    started: float | None
    built: float | None
    finished: float | None

    @property
    def name(self) -> str:
        """Name of the folder of its products; unlike its number it is no other job's, not even in another queue.

        Example:
            >>> job = Job(7, "1.2", "1.3", "CR", "", "r", State.SENT, None, "", 1, None, "", (), 0.5, None, None, None)
            >>> job.name
            '7-61ddc7200505e04b'
        """
        return f"{self.id}-{hashlib.sha256(f'{self.sop_instance_uid} {self.received!r}'.encode()).hexdigest()[:16]}"
