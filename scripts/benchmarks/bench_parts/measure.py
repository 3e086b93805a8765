"""Contestants in turn, round after round: a busy moment of the machine meets all of them, and the best round counts.

CPU time of the process with its ended children hardly moves when others share the machine, where wall time does. Wall
time is for what CPU time cannot see: threads that run side by side.
"""

import resource
import time
from collections.abc import Callable, Mapping

Clock = Callable[[], float]


def cpu_seconds() -> float:
    """User and system time so far: all threads of this process and the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def interleaved(
    contestants: Mapping[str, Callable[[], object]], rounds: int, warm: int = 1, clock: Clock = cpu_seconds
) -> dict[str, float]:
    """The least seconds that each contestant took, over rounds in which every one runs once.

    Args:
        contestants: what is compared, by name; each does the whole of its work when called.
        rounds: measured rounds. Every other one runs in reverse, so that nobody always follows the same one.
        warm: rounds before them that do not count: imports, compilers, caches of files.
        clock: seconds, such as `cpu_seconds` or, for wall time, `time.perf_counter`.

    Raises:
        ValueError: no contestant or no round.
    """
    if not contestants or rounds < 1:
        raise ValueError(f"{len(contestants)} contestants over {rounds} rounds; give at least one of each")
    least = dict.fromkeys(contestants, float("inf"))
    for number in range(-warm, rounds):
        for name in list(contestants)[:: -1 if number % 2 else 1]:
            start = clock()
            contestants[name]()
            if number >= 0:
                least[name] = min(least[name], clock() - start)
    return least
