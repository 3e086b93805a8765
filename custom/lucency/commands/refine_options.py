"""Options that verbs of `lucency refine` share."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..files import first_few

if TYPE_CHECKING:
    from ..refine import Adjudication, LabelEntry

LEDGER = Annotated[Path, typer.Option(help="Ledger of the labels, SQLite.")]
IMAGE_ROOT = Annotated[
    Path | None, typer.Option(help="Folder that image paths start from; by default the ledger's folder.")
]
RULE = Annotated[
    Literal["majority", "unanimous", "adjudicated"],
    typer.Option(help="What several verdicts become; where it does not decide, uncertain."),
]
ADJUDICATOR = Annotated[str | None, typer.Option(help="Reader whose verdict wins; implies --rule adjudicated.")]


def adjudication(rule: Literal["majority", "unanimous", "adjudicated"], adjudicator: str | None) -> "Adjudication":
    """The rule that the options name."""
    from ..refine import Adjudication

    return Adjudication(rule="adjudicated" if adjudicator else rule, adjudicator=adjudicator)


def note_silence(adjudicator: str | None, verdicts: "Iterable[LabelEntry]") -> None:
    """Say so if the adjudicator has given no verdict, who may be misspelt: the others must be unanimous then."""
    readers = sorted({said.reader for said in verdicts})
    if adjudicator is not None and readers and adjudicator not in readers:
        print(f"note: no verdict of '{adjudicator}' yet, only of {first_few(readers)}", file=sys.stderr)
