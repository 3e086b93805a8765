"""`lucency node status`: what a node has done and what waits, read from its queue."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .node_queue import CONFIG, QUEUE, STATE, opened

if TYPE_CHECKING:
    from .node_queue import OpenedNode

STOPPED = 3
"""Exit status if no node runs on the folder, as of ``systemctl status``."""


def status(
    state: STATE = None,
    queue: QUEUE = None,
    config: CONFIG = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say whether a node runs, how many jobs are in each state, and why some were skipped or given up.

    Reads the queue itself, so it works when the node is down; names no patient. Exit status 3: no node runs on the
    folder.
    """
    with opened(config, state=state, queue=queue) as node:
        seen = _seen(node)
    if as_json:
        print(json.dumps(seen, indent=2))
    else:
        _show(seen)
    if not seen["runs"]:
        raise typer.Exit(STOPPED)


def _seen(node: "OpenedNode") -> dict[str, Any]:
    from ..node.operations.queue_collector import oldest_waiting_s

    waited = oldest_waiting_s(node.queue)
    return {
        "state": str(node.folder.path),
        "node": node.folder.node,
        "runs": node.runs,
        "jobs": {state.value: count for state, count in node.queue.counts().items()},
        "kinds": [
            {"state": state.value, "kind": kind.value, "jobs": count}
            for (state, kind), count in sorted(node.queue.kinds().items())
        ],
        "oldest_waiting_s": None if waited is None else round(waited, 1),
    }


def _show(seen: dict[str, Any]) -> None:
    from rich.table import Table

    from ..terminal import console

    print(f"{seen['state']}: node {seen['node']} {'runs' if seen['runs'] else 'does not run'}")
    print(", ".join(f"{count} {state}" for state, count in seen["jobs"].items()))
    if seen["oldest_waiting_s"] is not None:
        print(f"the oldest that waits came {seen['oldest_waiting_s']:.0f} s ago")
    if seen["kinds"]:
        table = Table("state", "kind", "jobs")
        for row in seen["kinds"]:
            table.add_row(row["state"], row["kind"], str(row["jobs"]))
        console().print(table)
