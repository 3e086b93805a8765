"""The tables of a document, made from a file of figures."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from lucency.errors import ConfigError

from .programs import TITLES
from .rows import HEADINGS, Row, cells

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
"""What stands around the figures in a page."""


def table(rows: Sequence[Row]) -> str:
    """Rows as a markdown table; the item is left to the heading."""
    lines = [HEADINGS[1:], ["---"] * len(HEADINGS[1:]), *(cells(row)[1:] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def circumstances(about: Mapping[str, Any]) -> str:
    """Where, when and by what the figures were measured."""
    machine = about["machine"]
    flags = ", ".join(machine["flags"]) or "none of those that matter"
    numbers = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    return (
        f"`{about['command']}`, {about['date']}, revision {about['revision'] or 'unknown'}\n\n"
        f"- {machine['cpu']}, {machine['cores']} cores ({flags}), {machine['memory_gib']} GiB, {machine['system']}\n"
        f"- {numbers}"
    )


def markdown(rows: Sequence[Row], about: Mapping[str, Any]) -> str:
    """Circumstances, a table for each item, the notes, and what was not run.

    Args:
        rows: sorted by item.
        about: what stands beside them in the file.
    """
    parts = [circumstances(about)]
    for item, some in groupby(rows, key=lambda row: row.item):
        number, _, part = item.partition(", ")
        title = ", ".join(filter(None, (TITLES.get(number, f"Item {number}"), part)))
        parts.append(f"### {title}\n\n{table(list(some))}")
    notes = dict.fromkeys(row.note for row in rows if row.note)
    reasons = {name: entry["reason"] for name, entry in about.get("benchmarks", {}).items() if entry["reason"]}
    lines = [*notes, *(f"{name}: {reason}" for name, reason in reasons.items())]
    return "\n\n".join([*parts, *(["\n".join(f"- {line}" for line in lines)] if lines else [])])


def inserted(page: str, figures: str) -> str:
    """A page with other figures between its marks.

    Raises:
        ConfigError: it has no marks, or more than one pair.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(END) < page.index(BEGIN):
        raise ConfigError(f"the page needs {BEGIN} and {END} in it once each; the figures go between them")
    head, tail = page.partition(BEGIN)[0], page.partition(END)[2]
    return f"{head}{BEGIN}\n\n{figures}\n\n{END}{tail}"
