"""Print the tables of docs/reference/label-sources.md, made of what the importers declare, or renew them in that page.

Usage: python scripts/label_sources.py [docs/reference/label-sources.md]
"""

import sys
from collections import Counter
from pathlib import Path

from lucency.data.importers import IMPORTERS, Declaration
from lucency.labels import LabelState, vocabulary
from pages import renew, table

SOURCES = ("source", "files", "findings", "raw values", "silence", "because", "left out", "reference")
DECLARED = [importer.declaration for importer in IMPORTERS.values() if importer.declaration is not None]


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
        renew(Path(sys.argv[1]), "scripts/label_sources.py", tables())
