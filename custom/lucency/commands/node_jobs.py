"""`lucency node jobs`: see what became of objects, try dead ones again, take them out to look at them."""

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .node_queue import CONFIG, QUEUE, STATE, opened

if TYPE_CHECKING:
    from ..node.jobs import Job, State
    from ..node.queue.protocol import JobQueue

app = typer.Typer(help="Jobs of a node: list, retry, export.", no_args_is_help=True)

_COLUMNS = ["job", "kind", "reason", "received", "attempts", "sender", "sop_class_uid", "sop_instance_uid", "file"]


@app.command("list")
def list_jobs(
    state: STATE = None,
    queue: QUEUE = None,
    config: CONFIG = None,
    only: Annotated[str | None, typer.Option(help="State of the jobs: queued, running, built, ... dead.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, latest first.")] = 100,
    details: Annotated[
        bool, typer.Option("--details", help="Sender, UID and reason too, which may tell who the patient is.")
    ] = False,
) -> None:
    """List jobs, latest first; without --details nothing that is printed names a patient."""
    from rich.table import Table

    from ..node.jobs import State
    from ..terminal import console

    with opened(config, state=state, queue=queue) as node:
        jobs = node.queue.jobs(None if only is None else _state(only), limit)
        total = sum(node.queue.counts().values()) if only is None else node.queue.counts()[State(only)]
    more = ["sender", "SOP Instance UID", "reason"] if details else []
    table = Table("job", "state", "kind", "tried", "received", *more)
    for job in jobs:
        kind = job.kind.value if job.kind else ""
        told = [job.sender, job.sop_instance_uid, job.reason] if details else []
        table.add_row(str(job.id), job.state.value, kind, str(job.attempts), _moment(job.received), *told)
    console().print(table)
    print(f"{len(jobs)} of {total} jobs")


@app.command("retry")
def retry(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Numbers of dead jobs.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All dead jobs.")] = False,
    state: STATE = None,
    queue: QUEUE = None,
    config: CONFIG = None,
) -> None:
    """Try dead jobs again, all that are named or none: lucency node jobs retry 7 12 --state DIR.

    Those that have a result are sent again as they are, the others are predicted again; all their attempts are new.
    """
    from ..errors import ConfigError

    if bool(ids) == every:
        raise ConfigError("retry: give numbers of dead jobs, or --all, and not both; jobs list --only dead shows them")
    with opened(config, state=state, queue=queue) as node:
        _check_dead(node.queue, ids or [])
        print(f"{node.queue.retry(None if every else ids)} jobs are tried again")


@app.command("export")
def export(
    out: Annotated[Path, typer.Option(help="Folder to write; made, or empty.")],
    state: STATE = None,
    queue: QUEUE = None,
    storage: Annotated[Path | None, typer.Option(help="Folder of files, if it is not in --state.")] = None,
    config: CONFIG = None,
) -> None:
    """Copy the objects of dead jobs, and a table of why, dead.csv; the jobs stay. THE FOLDER HOLDS PATIENT DATA."""
    from ..errors import ConfigError
    from ..node.jobs import State

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"{out}: is not empty; give a folder that is not there yet")
    with opened(config, state=state, queue=queue, storage=storage) as node:
        dead = node.queue.jobs(State.DEAD, max(1, node.queue.counts()[State.DEAD]))
        copied = _export(dead, node.settings.storage_root, out)
    print(f"{out}: dead.csv tells of {len(dead)} dead jobs, {copied} objects copied; THEY ARE PATIENT DATA")


def _export(dead: "Sequence[Job]", root: Path, out: Path) -> int:
    """Write a folder beside its place, for its owner alone, and put it there when it is whole."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    copied = 0
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export.") as parent:
        building = Path(parent) / "export"
        building.mkdir(mode=0o700)
        for job in sorted(dead, key=lambda job: job.id):
            name = f"{job.id}.dcm" if job.path and (root / job.path).is_file() else ""
            if name:
                shutil.copyfile(root / job.path, building / name)
                copied += 1
            for product in job.products:
                if (root / product).is_file():
                    results = building / f"{job.id}-results"
                    results.mkdir(exist_ok=True)
                    shutil.copyfile(root / product, results / Path(product).name)
            kind, moment = job.kind.value if job.kind else "", _moment(job.received)
            about = [job.sender, job.sop_class_uid, job.sop_instance_uid, name]
            table.writerow([job.id, kind, job.reason, moment, job.attempts, *about])
        (building / "dead.csv").write_text(text.getvalue(), encoding="utf-8")
        os.rename(building, out)  # an empty folder gives way, one that somebody has filled does not
    return copied


def _state(word: str) -> "State":
    from ..errors import ConfigError
    from ..node.jobs import State

    if word not in list(State):
        raise ConfigError(f"--only {word}: is no state of a job; use {', '.join(State)}")
    return State(word)


def _check_dead(queue: "JobQueue", ids: "Sequence[int]") -> None:
    from ..errors import ConfigError
    from ..node.jobs import State

    for number in ids:
        job = queue.get(number)
        if job is None:
            raise ConfigError(f"job {number}: there is none; lucency node jobs list --only dead shows those to retry")
        if job.state is not State.DEAD:
            raise ConfigError(f"job {number}: is {job.state.value}, and only dead jobs are tried again; leave it out")


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")
