"""One schema for the figures of every benchmark: what was compared with whom, how long each took, and the target."""

import json
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .machine import circumstances

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Row:
    """One comparison, or one figure of ours alone.

    Attributes:
        item: number of the item in the list of targets, such as "1"; groups the table.
        what: what was done, such as "file -> tensor, uncompressed".
        peer: who did it otherwise, with its version and settings; empty for a figure of ours alone.
        peer_ms: what it took the peer, in `unit`.
        ours_ms: what it took us, in `unit`; None where the peer alone could be measured.
        target: least peer/ours that was set as a goal, or None.
        at_most: highest `ours_ms` that was set as a goal, or None.
        unit: of both figures.
        note: what a reader must know about the figure, such as what was not run.
    """

    item: str
    what: str
    peer: str = ""
    peer_ms: float | None = None
    ours_ms: float | None = None
    target: float | None = None
    at_most: float | None = None
    unit: str = "CPU-ms an image"
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times less than the peer's ours is."""
        return self.peer_ms / self.ours_ms if self.peer_ms is not None and self.ours_ms else None

    @property
    def met(self) -> bool | None:
        """Whether every target of the row is met; None without a target or where its figure is missing."""
        pairs = [(self.target, self.ratio, 1), (self.at_most, self.ours_ms, -1)]
        goals = [(target, figure, sign) for target, figure, sign in pairs if target is not None]
        if not goals or any(figure is None for _, figure, _ in goals):
            return None
        return all(sign * figure >= sign * target for target, figure, sign in goals if figure is not None)

    def content(self) -> dict[str, Any]:
        """The row as it is written: its fields, the ratio, and whether the target is met."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def command(arguments: Sequence[str]) -> str:
    """What was typed, for someone who stands in the root of the repository; where the figures go is left out."""
    program, *rest = arguments
    path = Path(program).resolve()
    words = [str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name, *rest]
    if "--json" in words:
        place = words.index("--json")
        del words[place : place + 2]
    return shlex.join(["python", *words])


def write(path: str | Path, rows: Iterable[Row], **more: object) -> None:
    """Write rows with the command that measured them, the machine and the versions; `more` goes beside them."""
    about = {"command": command(sys.argv), **circumstances(), **more}
    content = {**about, "rows": [row.content() for row in rows]}
    Path(path).write_text(json.dumps(content, indent=2) + "\n")


def read(path: str | Path) -> tuple[list[Row], dict[str, Any]]:
    """The rows of a file, and everything that stands beside them."""
    about = json.loads(Path(path).read_text())
    names = {field.name for field in fields(Row)}
    return [Row(**{key: row[key] for key in row if key in names}) for row in about.pop("rows")], about


def goal(row: Row) -> str:
    """The target in words, such as "≥ 30 x"."""
    words = [f"≥ {row.target:g} x"] if row.target is not None else []
    return ", ".join(words + ([f"≤ {row.at_most:g}"] if row.at_most is not None else []))


def cells(row: Row) -> list[str]:
    """Item, what, peer, its figure, ours, unit, ratio, target and verdict, as words."""
    figures = [f"{figure:.4g}" if figure is not None else "" for figure in (row.peer_ms, row.ours_ms)]
    ratio = f"{row.ratio:.3g} x" if row.ratio is not None else ""
    verdict = {True: "met", False: "MISSED", None: "" if not goal(row) else "not measured"}[row.met]
    return [row.item, row.what, row.peer, *figures, row.unit, ratio, goal(row), verdict]


HEADINGS = ("item", "what", "peer", "peer's", "ours", "unit", "ratio", "target", "")


def show(rows: Sequence[Row], console: Console | None = None) -> None:
    """Print the rows as one table, what missed its target in red."""
    table = Table(*HEADINGS)
    for row in rows:
        table.add_row(*cells(row), style="red" if row.met is False else None)
    console = console or Console(width=None if sys.stdout.isatty() else 200)
    console.print(table)
    for note in dict.fromkeys(row.note for row in rows if row.note):
        console.print(f"- {note}", highlight=False)


def report(rows: Sequence[Row], file: Path | None, **more: object) -> None:
    """Show rows, and `write` them where a file is named."""
    show(rows)
    if file:
        write(file, rows, **more)
