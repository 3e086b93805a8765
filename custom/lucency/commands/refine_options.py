"""Options that verbs of `lucency refine` share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from ..refine import Adjudication

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
