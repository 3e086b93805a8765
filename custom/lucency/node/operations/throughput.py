"""How much went through a node lately: jobs received and sent, in equal slices of time."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..jobs import Job, State


@dataclass(frozen=True, slots=True)
class Slice:
    """A span of time.

    Attributes:
        received: jobs that came.
        sent: jobs whose results the PACS took.
        complete: whether the jobs that were looked at reach back to its beginning.
    """

    received: int
    sent: int
    complete: bool


def throughput(jobs: Sequence[Job], now: float, *, slices: int, width_s: float, all_jobs: bool) -> list[Slice]:
    """Count jobs in slices that end now, oldest first.

    Args:
        jobs: the latest ones.
        now: seconds since 1970.
        slices: how many.
        width_s: seconds of each.
        all_jobs: whether `jobs` are all there are; if not, slices before the oldest of them are incomplete.

    Example:
        >>> throughput([], 0.0, slices=2, width_s=60, all_jobs=True)
        [Slice(received=0, sent=0, complete=True), Slice(received=0, sent=0, complete=True)]
    """
    received, sent = [0] * slices, [0] * slices
    begin = now - slices * width_s
    for job in jobs:
        _count(received, job.received, begin, width_s)
        if job.state is State.SENT and job.finished is not None:
            _count(sent, job.finished, begin, width_s)
    known_from = begin if all_jobs or not jobs else min(job.received for job in jobs)
    return [Slice(received[i], sent[i], begin + i * width_s >= known_from) for i in range(slices)]


def _count(counts: list[int], moment: float, begin: float, width_s: float) -> None:
    index = int((moment - begin) // width_s)
    if index == len(counts):  # this very moment, or a clock that runs a little ahead
        index -= 1
    if 0 <= index < len(counts):
        counts[index] += 1
