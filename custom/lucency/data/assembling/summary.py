"""The page beside an assembled table: what went in, what came out, what to look at."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from ...files import first_few
from ...labels import IMPLIED, encode_states, labelled_cells, listed_cells
from ..importers import IMPORTERS
from ..validation import SPLITS, finding_columns
from .assemble import Assembly
from .figures import STATES, Figures

_FEW = 5


def summarise(assembly: Assembly, *, command: str, inputs: Iterable[tuple[str, str]]) -> str:
    """Markdown of an assembly; nothing in it depends on machine or time.

    Args:
        assembly: as `assemble` returns it.
        command: that made it, without folders.
        inputs: name and SHA-256 of each file that was read.
    """
    frame, figures = assembly.frame, assembly.figures
    findings = finding_columns(frame)
    size = [
        _count(len(frame), "image"),
        _count(frame["patient"].nunique(), "patient"),
        _count(len(findings), "finding"),
        _count(len(figures.images), "source"),
    ]
    parts = [
        f"# Assembled study table\n\n{', '.join(size)}.\n\n```bash\n{command}\n```",
        "## To look at\n\n" + ("\n".join(f"- {note}" for note in assembly.notes) or "Nothing."),
        "## Sources\n\n" + _sources(figures),
        "## What each source says\n\npositive / negative / uncertain / unmentioned, on its own images before merging; "
        "– where it labels the finding on none.\n\n" + _matrix(figures, findings),
        "## The table\n\nStates of each finding. Implied ones are not labelled by any source of the image, or it does "
        "not mention them; they follow from a broader or narrower finding.\n\n" + _states(frame, findings),
        "## Images in several sources\n\n" + _duplicates(frame, figures),
        "## Conflicts\n\n" + _conflicts(assembly.conflicts),
        "## Splits\n\n" + _splits(frame),
        "## Files read\n\n" + _table(["file", "SHA-256"], inputs),
    ]
    return "\n\n".join(parts) + "\n"


def _sources(figures: Figures) -> str:
    rows = []
    for names, source in figures.sources.items():
        images = sum(figures.images[name] for name in names.split(", "))
        settings, declaration = source.settings, IMPORTERS[source.importer].declaration
        silence = declaration.silence if declaration else "as its file says"
        if settings.silence == "negative":
            silence = f"negative, says the source file; {sum(figures.silent.get(names, {}).values())} labels"
        kept = ", ".join(settings.keep or ["all"])
        rows.append((names, source.importer, images, settings.patients or names, silence, kept))
    return _table(["source", "importer", "images", "patients", "a label that is not there means", "findings"], rows)


def _matrix(figures: Figures, findings: Sequence[str]) -> str:
    names = list(figures.images)
    said = {(source, finding): " / ".join(map(str, counts)) for (source, finding), *counts in figures.said.itertuples()}
    return _table(["finding", *names], [(f, *(said.get((name, f), "–") for name in names)) for f in findings])


def _states(frame: pd.DataFrame, findings: Sequence[str]) -> str:
    labelled, implied = labelled_cells(frame, findings), listed_cells(frame[IMPLIED], findings)
    rows = []
    for at, finding in enumerate(findings):
        codes, derived = encode_states(frame[finding]), implied[:, at]
        own = np.bincount(codes[labelled[:, at] & ~derived], minlength=len(STATES)).tolist()
        positive, negative, *_ = np.bincount(codes[derived], minlength=len(STATES)).tolist()
        rows.append((finding, *own, positive, negative, int((~labelled[:, at] & ~derived).sum())))
    return _table(["finding", *STATES, "implied positive", "implied negative", "not labelled"], rows)


def _duplicates(frame: pd.DataFrame, figures: Figures) -> str:
    several = frame["source"].value_counts().sort_index()
    several = several[several.index.str.contains("+", regex=False)]
    total = sum(figures.images.values()) - len(frame)
    told = ", ".join(f"{count} by {reason}" for reason, count in figures.duplicates.items()) or "nothing compared"
    text = f"{total} of {sum(figures.images.values())} rows were merged into another ({told}; a row may count twice)."
    if len(several):
        text += "\n\n" + _table(["sources", "images"], several.items())
    if figures.people:
        text += (
            f"\n\n{_count(len(figures.people), 'person')} with several patient ids, as images tie them; each has the "
            f"first id in the alphabet, as splits and intervals go by it: {first_few(figures.people, _FEW)}."
        )
    return text


def _conflicts(conflicts: pd.DataFrame) -> str:
    if conflicts.empty:
        return "None."
    keys = ["kind", "finding", "source", "state", "other_finding", "other_source", "other_state", "result"]
    rows = []
    for group, found in conflicts.groupby(keys, sort=True):
        kind, finding, source, state, other, other_source, other_state, result = map(str, tuple(group))
        first, second = f"{source}: {finding} {state}", f"{other_source}: {other} {other_state}"
        rows.append((kind, first, second, result, len(found), first_few(found["image"].tolist())))
    return _table(["kind", "one", "the other", "in the table", "images", "first images"], rows)


def _splits(frame: pd.DataFrame) -> str:
    if "split" not in frame:
        return "None."
    groups = frame.groupby("split")
    images, patients = groups.size(), groups["patient"].nunique()
    return _table(["split", "patients", "images"], [(s, patients[s], images[s]) for s in SPLITS if s in images.index])


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", r"\|") for cell in line) + " |" for line in lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
