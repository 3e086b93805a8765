"""The page at ``/``: drawn here, so that it needs no script; it shows numbers of jobs and never whose they are."""

import base64
import functools
import hashlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ...results.templates import environment
from ..jobs import Job, State
from .queue_collector import LATEST
from .status import NodeStatus
from .throughput import Slice, throughput

REFRESH_S = 10
ROWS = 20
SLICES, SLICE_S = 24, 900.0

HERE = Path(__file__).parent
STYLE = (HERE / "page.css").read_text(encoding="utf-8")
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"""Lets a browser use this style and no other (Content-Security-Policy)."""

MEANINGS = {
    State.QUEUED: "waiting for a worker",
    State.RUNNING: "with a worker",
    State.BUILT: "waiting for the PACS",
    State.SENT: "in the PACS",
    State.SKIPPED: "without a result",
    State.DEAD: "given up",
}

PROBLEMS = {
    "stopping": "The node is stopping: it takes no more images and finishes what it has begun.",
    "queue_unreachable": "The queue cannot be read: no image is taken until it is back.",
    "no_worker": "No worker is ready: nothing is read until one is.",
    "queue_full": "The queue is full: images are refused until the workers catch up.",
    "disk_full": "The disk is nearly full: images are refused until there is space.",
    "fewer_workers": "Some workers are not ready: images are read more slowly.",
    "pacs_unreachable": "The PACS cannot be reached: results wait on disk and are sent when it answers.",
}


def draw_page(status: NodeStatus) -> str:
    """Draw the page as of now; it asks to be drawn again every ten seconds."""
    health, now = status.health(), time.time()
    jobs = status.latest_jobs(LATEST)
    slices = throughput(jobs, now, slices=SLICES, width_s=SLICE_S, all_jobs=len(jobs) < LATEST)
    return _template().render(
        style=Markup(STYLE),  # noqa: S704 - our own file, which has no tag in it
        health=health,
        sentences=sentences(health),
        states=[(state, (health["jobs"] or {}).get(state.value), MEANINGS[state]) for state in State],
        reasons=[
            (state, kind, count)
            for state, kinds in (health["reasons"] or {}).items()
            for kind, count in sorted(kinds.items(), key=lambda item: -item[1])
        ],
        slices=slices,
        unknown=sum(not one.complete for one in slices),
        top=_round_number(max(max(one.received, one.sent) for one in slices)),
        hours=round(SLICES * SLICE_S / 3600),
        minutes=round(SLICE_S / 60),
        rows=[_row(job, now) for job in jobs[:ROWS]],
        drawn=datetime.fromtimestamp(now, UTC).strftime("%H:%M:%S UTC"),
        refresh_s=REFRESH_S,
        received=_total(slices, "received"),
        sent=_total(slices, "sent"),
        latest=LATEST,
    )


def sentences(health: dict[str, Any]) -> list[str]:
    """What to know first.

    Example:
        >>> sentences({"problems": [], "jobs": {"queued": 1, "running": 1, "built": 0}})
        ['The node is working: 2 images are on their way.']
    """
    if health["problems"]:
        return [PROBLEMS.get(problem, "The node is not well.") for problem in health["problems"]]
    waiting = sum((health["jobs"] or {}).get(state.value, 0) for state in (State.QUEUED, State.RUNNING, State.BUILT))
    if waiting:
        return [f"The node is working: {waiting:,} image{' is on its' if waiting == 1 else 's are on their'} way."]
    return ["The node is ready, and nothing waits."]


def duration(seconds: float | None) -> str:
    """A length of time for people.

    Example:
        >>> [duration(s) for s in (None, 0.42, 12.3, 250, 7200, 200_000)]
        ['–', '0.4 s', '12 s', '4 min', '2 h', '2 d']
    """
    if seconds is None:
        return "–"
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    for unit, length, limit in (("s", 1, 120), ("min", 60, 7_200), ("h", 3_600, 172_800)):
        if seconds < limit:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def _row(job: Job, now: float) -> dict[str, Any]:
    worked = job.built if job.built is not None else job.finished
    return {
        "id": job.id,
        "state": job.state.value,
        "kind": "" if job.kind is None else job.kind.value.replace("_", " "),
        "age": duration(now - job.received),
        "waiting": duration(_between(job.received, job.started)),
        "working": duration(_between(job.started, worked)),
        "delivery": duration(_between(job.built, job.finished)),
    }


def _between(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else end - begin


def _total(slices: Sequence[Slice], what: str) -> int:
    return sum(getattr(one, what) for one in slices)


def _round_number(most: int) -> int:
    """The smallest 1, 2 or 5 times a power of ten that is not below; at least 5."""
    scale = 1
    while True:
        for digit in (1, 2, 5):
            if (number := digit * scale) >= max(most, 5):
                return number
        scale *= 10


@functools.cache
def _template() -> jinja2.Template:
    templates = environment(HERE, html=True)
    templates.filters["duration"] = duration
    templates.filters["words"] = lambda word: str(word).replace("_", " ")
    templates.filters["grouped"] = lambda number: "–" if number is None else f"{number:,}"
    return templates.get_template("page.html.j2")
