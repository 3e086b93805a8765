"""A queue, supervisor, intake and disk whose state a test sets."""

import time
from dataclasses import dataclass, field

from lucency.node.jobs import Job, Kind, State


def job(
    job_id: int, state: State, *, age: float = 60.0, kind: Kind | None = None, took: float = 2.0, **planted: str
) -> Job:
    """A job received `age` seconds ago that waited, was worked on and was delivered for `took` seconds each."""
    received = time.time() - age
    started = received + took if state is not State.QUEUED else None
    built = received + 2 * took if state in (State.BUILT, State.SENT) else None
    finished = received + 3 * took if state in (State.SENT, State.SKIPPED, State.DEAD) else None
    text = {"sop_instance_uid": "1.2.3", "sender": "CR1", "reason": "", **planted}
    return Job(
        id=job_id,
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1",
        path="",
        recipe="r",
        state=state,
        kind=kind,
        attempts=1,
        lease=None,
        digest="",
        products=(),
        received=received,
        started=started,
        built=built,
        finished=finished,
        **text,
    )


class FakeQueue:
    """Answers from a list; raises `failure` if there is one."""

    def __init__(self, *jobs: Job) -> None:
        self.all = list(jobs)
        self.failure: Exception | None = None

    def _read(self) -> list[Job]:
        if self.failure is not None:
            raise self.failure
        return sorted(self.all, key=lambda one: -one.id)

    def jobs(self, state: State | None = None, limit: int = 100) -> list[Job]:
        return [one for one in self._read() if state in (None, one.state)][:limit]

    def counts(self) -> dict[State, int]:
        return {state: sum(one.state is state for one in self._read()) for state in State}

    def kinds(self) -> dict[tuple[State, Kind], int]:
        found: dict[tuple[State, Kind], int] = {}
        for one in self._read():
            if one.kind is not None:
                found[one.state, one.kind] = found.get((one.state, one.kind), 0) + 1
        return found

    def oldest(self, state: State) -> float | None:
        return min((one.received for one in self._read() if one.state is state), default=None)


@dataclass
class FakeNode:
    """Everything beside the queue that `NodeStatus` asks."""

    workers_ready: int = 2
    pacs: str = "ok"
    refused: str | None = None
    free: float = 250_000.0
    failure: Exception | None = field(default=None)

    def refusal(self) -> str | None:
        return self.refused

    def free_mb(self) -> float:
        if self.failure is not None:
            raise self.failure
        return self.free
