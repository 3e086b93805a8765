"""A function over many chunks on a cluster: a worker that dies loses nothing, for its chunk is done again."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ..errors import LucencyError, one_line
from .cluster import import_ray

Item = TypeVar("Item")
Job = TypeVar("Job")
Result = TypeVar("Result")

RETRIES = 3
"""How often a chunk is done again after the process that had it has died."""

AHEAD = 4
"""Chunks that may be done or under way before the one whose turn it is, in multiples of those under way."""


def spread(
    function: Callable[[Job, Sequence[Item]], Result],
    job: Job,
    chunks: Iterable[Sequence[Item]],
    workers: int | None = None,
    retries: int = RETRIES,
) -> Iterator[tuple[Sequence[Item], Result]]:
    """Call ``function(job, chunk)`` for every chunk, each on one processor of the cluster that is joined.

    Each chunk gives exactly one result: Ray repeats what a dead process had, and hands on one answer. A chunk that
    kills its process every time is taken apart, so that the error names the one item at fault, after all others are
    done. Chunks are drawn from the iterator no faster than results are taken.

    Args:
        function: named at the top of a module that every worker can import; called again, it must do the same.
        job: what all calls share; sent to each machine once.
        chunks: sequences of anything that can be sent.
        workers: at most so many chunks at once; by default as many as the cluster has processors, which may change.
        retries: how often a chunk is done again.

    Yields:
        Each chunk with its result, in the order of the chunks; one that was taken apart comes item by item.

    Raises:
        LucencyError: as the function raised it; an item kills every process that takes it; the cluster is lost.
    """
    ray = import_ray()
    remote = ray.remote(num_cpus=1, max_retries=retries)(function)
    shared = ray.put(job)
    rest = iter(chunks)
    window: deque[tuple[Any, Sequence[Item]]] = deque()  # what is under way or waits for its turn
    running: list[Any] = []
    deadly: list[Item] = []
    try:
        while True:
            most = workers or _room(ray)
            while len(running) < most and len(window) < AHEAD * most and (chunk := next(rest, None)) is not None:
                running.append(remote.remote(shared, chunk))
                window.append((running[-1], chunk))
            if not window:
                break
            if running:
                _, running = ray.wait(running)
            while window and window[0][0] not in running:
                task, chunk = window.popleft()
                try:
                    yield chunk, _result(ray, task)
                except ray.exceptions.WorkerCrashedError:
                    for item in chunk:
                        try:
                            yield [item], _result(ray, remote.remote(shared, [item]))
                        except ray.exceptions.WorkerCrashedError:
                            deadly.append(item)
    finally:
        for task in running:
            ray.cancel(task, force=True)
    if deadly:
        others = f" and {len(deadly) - 1} more" if deadly[1:] else ""
        raise LucencyError(
            f"{_name(deadly[0])}{others}: kills the process that takes it, {retries + 1} times in a row; all others "
            "are done: set it aside and run again"
        )


def _name(item: Any) -> str:
    return str(item["file"] if isinstance(item, Mapping) else item)


def _room(ray: Any) -> int:
    """So many that a worker which ends finds the next chunk waiting; a cluster that grows gets more."""
    return 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))


def _result(ray: Any, task: Any) -> Any:
    try:
        return ray.get(task)
    except ray.exceptions.WorkerCrashedError:
        raise
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, LucencyError | OSError):
            raise error.cause from None
        if absent := re.search(r"No module named '[\w.]+'", str(error)):  # of many lines, by several types
            raise LucencyError(
                f"a Ray worker cannot do its part ({absent[0]}); install the same lucency with the same extras on "
                "every machine of the cluster"
            ) from None
        raise
    except ray.exceptions.RayError as error:
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise LucencyError(f"Ray: {one_line(reason)}; mend the cluster and run again, which goes on") from error
