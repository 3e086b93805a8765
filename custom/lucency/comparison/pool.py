"""Runs in several processes; whatever ends them, each run's file is there whole or not at all."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from ..errors import LucencyError
from . import training
from .each_source import train_each_source
from .recipe import Recipe
from .run import Job, Run
from .rung import Rung
from .study import Study

_shared: dict[str, Any] = {}


def finish(job: Job, study: Study, recipe: Recipe, folder: Path) -> Run:
    """The run of a job: read if its file is there, else trained and written."""
    path = job.path(folder, study, recipe)
    if path.exists():
        return Run.load(path)
    train = train_each_source if isinstance(job.option, Rung) and job.option.each_source else training.train
    run = train(study, recipe, job)
    run.save(path, {"loss": job.option.name, "config": job.option.config, "rate": job.rate, "seed": job.seed})
    return run


def finish_all(
    jobs: Sequence[Job], study: Study, recipe: Recipe, folder: Path, workers: int
) -> Generator[tuple[Job, Run], None, None]:
    """Jobs with their runs, in the order in which they end.

    Args:
        jobs: what to run.
        study: shared by all.
        recipe: shared by all.
        folder: of the comparison.
        workers: processes of one thread each; 1 is this process.

    Raises:
        ConfigError: of a run.
        LucencyError: a worker was killed, most often for want of memory.
    """
    ready = [job for job in jobs if job.path(folder, study, recipe).exists()]
    for job in ready:
        yield job, finish(job, study, recipe, folder)
    missing = [job for job in jobs if job not in ready]
    if workers == 1 or len(missing) < 2:
        for job in missing:
            yield job, finish(job, study, recipe, folder)
        return
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")  # forking a process that has used torch can hang
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(study, recipe, folder))
    try:
        futures: dict[Future[Run], Job] = {pool.submit(_work, job): job for job in missing}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool as error:
        raise LucencyError("a worker was killed; run again with fewer workers, finished runs are kept") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()


def _begin(study: Study, recipe: Recipe, folder: Path) -> None:
    """Prepare a worker: the parent deals with Ctrl-C, and a worker does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _shared.update(study=study, recipe=recipe, folder=folder)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(job: Job) -> Run:
    return finish(job, **_shared)
