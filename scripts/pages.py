"""What scripts that make parts of a page have in common."""

from collections.abc import Sequence
from pathlib import Path

from lucency.errors import LucencyError
from lucency.files import write_atomically


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, ["---"] * len(header), *rows))


def renew(page: Path, script: str, content: str) -> None:
    """Replace what stands between the marks of a script in a page.

    Raises:
        LucencyError: the page lacks them.
    """
    begin, end = f"<!-- made by {script} -->", "<!-- until here -->"
    before, found, rest = page.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise LucencyError(f"{page}: the lines {begin} and {end} must enclose what is made")
    write_atomically(page, f"{before}{begin}\n\n{content}\n{end}{after}")
