"""`lucency refine import`: readers' verdicts, from whatever they wrote them with."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .refine_options import ADJUDICATOR, IMAGE_ROOT, LEDGER, RULE, adjudication, note_silence

if TYPE_CHECKING:
    from ..refine import Adjudication, Ledger
    from ..refine.worklists import VerdictFile


def import_verdicts(
    ledger: LEDGER,
    files: Annotated[
        list[Path] | None, typer.Argument(help="CSV, Label Studio's JSON, or DICOM SR (any other suffix).")
    ] = None,
    reader: Annotated[str | None, typer.Option(help="Reader of what names none; a pseudonym.")] = None,
    rule: RULE = "majority",
    adjudicator: ADJUDICATOR = None,
    worklist: Annotated[Path, typer.Option(help="Folder of the worklist, which knows the images of DICOM SR.")] = Path(
        "worklist"
    ),
    reports: Annotated[
        Path | None, typer.Option(help="Folder of the reports that DICOM SR judge, of lucency predict --sr.")
    ] = None,
    node: Annotated[
        Path | None, typer.Option(help="Folder of a PACS node (--state or --storage): DICOM SR that came back to it.")
    ] = None,
    conflicts: Annotated[
        Path | None, typer.Option(help="CSV of verdicts that contradict each other; else beside the ledger.")
    ] = None,
    table: Annotated[Path | None, typer.Option(help="Study table to write, as the labels are now.")] = None,
    image_root: IMAGE_ROOT = None,
) -> None:
    """Record verdicts, all of them or none: one that is wrong rejects them all, with file and line named.

    Verdicts are present, absent, uncertain or cannot tell; a blank one leaves its question open. Verdicts that were
    recorded before are passed over, so that a file may be imported again as it grows.
    """
    from ..errors import ConfigError
    from ..refine import Ledger
    from ..refine.worklists import record_verdicts

    how = adjudication(rule, adjudicator)
    if not files and node is None:
        raise ConfigError("nothing to import; give files, or the folder of a --node")
    with Ledger.open(ledger) as book:
        _spare_the_imported_table(book, table)
        read = _read(files or [], book.last_round, reader, worklist, reports)
        if node is not None:
            read += _read_node(node, reader, worklist)
        added, known = record_verdicts(book, read)
        print(
            f"{ledger}: {added} verdicts added, {known} were there already; "
            f"{sum(file.unanswered for file in read)} questions left open, "
            f"{sum(file.cancelled for file in read)} annotations cancelled"
        )
        _report(book, how, conflicts or ledger.with_name(f"{ledger.stem}.conflicts.csv"))
        if table is not None:
            from ..data import write_study_table
            from ..data.importers import relative_to_table

            frame = relative_to_table(book.frame(adjudication=how), image_root or ledger.parent, table)
            print(f"{write_study_table(frame, table)}: labels by {how.rule}")


def _spare_the_imported_table(book: "Ledger", path: Path | None) -> None:
    """Refuse to write over the table that the ledger began with: it is what everything is compared with."""
    if path is None or not path.exists():
        return
    from ..data import finding_columns, read_study_table
    from ..errors import ConfigError

    there, first = read_study_table(path, check_files=False), book.frame(as_of_round=0)
    if finding_columns(there) == finding_columns(first) and all(
        there[finding].tolist() == first[finding].tolist() for finding in finding_columns(first)
    ):
        raise ConfigError(f"{path}: holds the labels that the ledger began with; give --table another name")


def _read(
    files: Sequence[Path], round: int, reader: str | None, worklist: Path, reports: Path | None
) -> "list[VerdictFile]":
    from ..errors import ConfigError
    from ..refine.worklists import read_assessments, read_label_studio, read_verdict_csv
    from ..refine.worklists.verdicts import file_name
    from ..refine.worklists.writer import REFERENCES

    read, others = [], []
    for path in files:
        if path.suffix.lower() == ".csv":
            read.append(read_verdict_csv(path, round=round, reader=reader, name=file_name(path, files)))
        elif path.suffix.lower() == ".json":
            read.append(read_label_studio(path, reader=reader, name=file_name(path, files)))
        else:
            others.append(path)
    if others and reports is None:
        raise ConfigError(f"{others[0]}: judges a report; give the folder of the reports as --reports")
    if others and reports is not None:
        read += read_assessments(others, reports=reports, references=worklist / REFERENCES, reader=reader)
    return read


def _read_node(node: Path, reader: str | None, worklist: Path) -> "list[VerdictFile]":
    from ..refine.worklists import read_assessments
    from ..refine.worklists.writer import REFERENCES
    from .refine_node import verdicts_of_node

    references = worklist / REFERENCES
    came = verdicts_of_node(node, references)
    return read_assessments(came.files, reports=came.reports, references=references, reader=reader)


def _report(book: "Ledger", how: "Adjudication", path: Path) -> None:
    """Print how readers agree, and write where they do not."""
    from ..files import write_atomically
    from ..refine.worklists.conflicts import reader_conflicts
    from .refine_tables import show_agreement

    verdicts = book.verdicts()
    note_silence(how.adjudicator, verdicts)
    show_agreement(verdicts)
    found = reader_conflicts(verdicts, how)
    write_atomically(path, found.to_csv(index=False, lineterminator="\n"))
    cells = len(found.drop_duplicates(["round", "image", "finding"]))
    print(f"{path}: {cells} labels on which readers differ, and what {how.rule} makes of them")
