"""The outcomes of several benchmarks as one."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from .programs import Outcome
from .rows import Row, write


def rows_of(outcomes: Iterable[Outcome]) -> list[Row]:
    """The rows of all, by item, each item's in the order they came in."""
    return sorted((row for outcome in outcomes for row in outcome.rows), key=lambda row: row.item)


def verdict(outcomes: Sequence[Outcome]) -> str:
    """What was met, what was missed, what did not run, line by line."""
    rows = rows_of(outcomes)
    judged = [row for row in rows if row.met is not None]
    lines = [f"{sum(bool(row.met) for row in judged)} of {len(judged)} targets met"]
    lines += [f"missed: {row.what}" + f", beside {row.peer}" * bool(row.peer) for row in judged if not row.met]
    lines += [
        f"{outcome.name}: {'FAILED: ' * outcome.failed}{outcome.reason}" for outcome in outcomes if outcome.reason
    ]
    return "\n".join(lines)


def write_joined(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write all rows to one file, with the commands, the seconds, and the reasons of those that have none."""
    write(
        path,
        rows_of(outcomes),
        benchmarks={
            outcome.name: {"command": outcome.command, "reason": outcome.reason, "seconds": round(outcome.seconds)}
            for outcome in outcomes
        },
    )
