"""The state of a node, for people and for the machines that watch it; names no patient."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ... import __version__
from ..jobs import Job, Kind, State
from ..queue.protocol import JobQueue
from ..settings import NodeSettings
from .queue_collector import FreeSpace, oldest_waiting_s

log = logging.getLogger("lucency.node")

NO_WORKER = "no_worker"
FEWER_WORKERS = "fewer_workers"
QUEUE_UNREACHABLE = "queue_unreachable"
PACS_UNREACHABLE = Kind.PACS_UNREACHABLE.value
STOPPING = "stopping"
REFUSALS = {"queue": "queue_full", "disk": "disk_full", STOPPING: STOPPING}
"""Word of `Intake.refusal` to what is wrong then."""


class Workers(Protocol):
    """The child processes, as `lucency.node.work.supervisor.Supervisor` has them."""

    @property
    def workers_ready(self) -> int:
        """How many could take a job."""

    @property
    def pacs(self) -> str:
        """``ok``, ``unreachable``, or ``unknown`` before the first result."""


class Door(Protocol):
    """What takes objects in, as `lucency.node.intake.Intake` does."""

    def refusal(self) -> str | None:
        """``queue``, ``disk`` or ``stopping``, if it takes none."""


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What was read of the queue."""

    jobs: dict[State, int]
    kinds: Mapping[tuple[State, Kind], int]
    oldest_waiting_s: float | None


class NodeStatus:
    """What can be told of a node at a moment; every call looks anew, and none raises.

    Args:
        queue: counts jobs.
        supervisor: knows the workers and the PACS.
        intake: says whether objects are taken.
        storage: whose disk may be full.
        settings: of the node.
        model: `name` and `version` of what answers.
    """

    def __init__(
        self,
        queue: JobQueue,
        supervisor: Workers,
        intake: Door,
        storage: FreeSpace,
        settings: NodeSettings,
        model: Mapping[str, Any],
    ) -> None:
        self._queue = queue
        self._supervisor = supervisor
        self._intake = intake
        self._storage = storage
        self._settings = settings
        self._model = {key: str(model.get(key, "")) for key in ("name", "version")}
        self._started = time.monotonic()

    def readiness(self) -> list[str]:
        """Why no object should be sent here now; empty if it may.

        An unreachable PACS is no reason: results wait for it.
        """
        return self._not_ready(self._ledger())

    def health(self) -> dict[str, Any]:
        """Everything, ready for JSON.

        Returns:
            ``status`` is ``stopping``; or ``degraded`` if `problems` names some; or ``ok``. ``jobs`` has a number for
            each state, ``reasons`` one for each kind of skipped and dead jobs (and of waiting ones that were tried in
            vain); both are ``None`` if the queue cannot be read.
        """
        ledger = self._ledger()
        problems = self._not_ready(ledger)
        ready = self._supervisor.workers_ready
        if 0 < ready < self._settings.workers:
            problems.append(FEWER_WORKERS)
        if self._supervisor.pacs == "unreachable":
            problems.append(PACS_UNREACHABLE)
        return {
            "status": STOPPING if STOPPING in problems else "degraded" if problems else "ok",
            "problems": problems,
            "version": __version__,
            "model": self._model,
            "uptime_s": round(time.monotonic() - self._started),
            "workers": ready,
            "workers_wanted": self._settings.workers,
            "pacs": self._supervisor.pacs,
            "accepting": self._refusal() is None,
            "jobs": None if ledger is None else {state.value: ledger.jobs.get(state, 0) for state in State},
            "reasons": None if ledger is None else _by_state(ledger.kinds),
            "oldest_waiting_s": None if ledger is None else _rounded(ledger.oldest_waiting_s),
            "free_mb": self._free_mb(),
        }

    def latest_jobs(self, limit: int) -> list[Job]:
        """The latest jobs, latest first; none if the queue cannot be read."""
        try:
            return self._queue.jobs(limit=limit)
        except Exception:
            log.warning(QUEUE_UNREACHABLE, exc_info=True)
            return []

    def _ledger(self) -> _Ledger | None:
        try:
            return _Ledger(self._queue.counts(), self._queue.kinds(), oldest_waiting_s(self._queue))
        except Exception:  # any error of any database: to be told, not to be died of
            log.warning(QUEUE_UNREACHABLE, exc_info=True)
            return None

    def _not_ready(self, ledger: _Ledger | None) -> list[str]:
        reasons = [] if ledger is not None else [QUEUE_UNREACHABLE]
        if self._supervisor.workers_ready < 1:
            reasons.append(NO_WORKER)
        refusal = self._refusal()
        if refusal is not None and REFUSALS.get(refusal, refusal) not in reasons:
            reasons.append(REFUSALS.get(refusal, refusal))
        return reasons

    def _refusal(self) -> str | None:
        try:
            return self._intake.refusal()
        except Exception:
            return QUEUE_UNREACHABLE

    def _free_mb(self) -> int | None:
        try:
            return round(self._storage.free_mb())
        except OSError:
            return None


def _by_state(kinds: Mapping[tuple[State, Kind], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {State.SKIPPED.value: {}, State.DEAD.value: {}}
    for (state, kind), count in kinds.items():
        found.setdefault(state.value, {})[kind.value] = count
    return found


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
