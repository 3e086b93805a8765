"""Print the tables of docs/reference/label-sources.md, made of what the importers declare, or renew them in that page.

Usage: python scripts/label_sources.py [docs/reference/label-sources.md]
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from lucency.data.importers import IMPORTERS, Declaration
from lucency.files import write_atomically
from lucency.labels import LabelState, vocabulary

BEGIN, END = "<!-- made by scripts/label_sources.py -->", "<!-- until here -->"
SOURCES = ("source", "files", "findings", "raw values", "silence", "because", "left out", "reference")
DECLARED = [importer.declaration for importer in IMPORTERS.values() if importer.declaration is not None]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, ["---"] * len(header), *rows))


def source(declaration: Declaration) -> list[str]:
    """The cells of one source."""
    codes = {state: [f"`{raw}`" for raw, meant in declaration.values.items() if meant == state] for state in LabelState}
    codes[LabelState.POSITIVE] = codes[LabelState.POSITIVE] or ["the label stands there"]
    values = "; ".join(f"{state}: {' '.join(raws)}" for state, raws in codes.items() if raws)
    left_out = "; ".join(
        f"{n} label{'s' * (n > 1)}: {reason}" for reason, n in Counter(declaration.left_out.values()).items()
    )
    findings, silence = str(len(declaration.findings)), str(declaration.silence)
    name, title, reference = declaration.source, declaration.title, declaration.reference
    return [name, title, findings, values, silence, declaration.reason, left_out, reference]


def tables() -> str:
    """What each source says, and which sources label each finding."""
    labelled = [(f"`{key}`", [one.source for one in DECLARED if key in one.findings]) for key in vocabulary().ids]
    findings = [(finding, " ".join(names)) for finding, names in labelled if names]
    return f"{table(SOURCES, list(map(source, DECLARED)))}\n{table(('finding', 'labelled by'), findings)}"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(tables(), end="")
    else:
        page = Path(sys.argv[1])
        before, begin, rest = page.read_text().partition(BEGIN)
        _, end, after = rest.partition(END)
        if not (begin and end):
            sys.exit(f"{page}: the lines {BEGIN} and {END} must enclose the tables")
        write_atomically(page, f"{before}{begin}\n\n{tables()}\n{end}{after}")
