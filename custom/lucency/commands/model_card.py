"""`lucency model-card`: what a model is for, what it is not for, and how well it does."""

from pathlib import Path
from typing import Annotated

import typer


def model_card(
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    report: Annotated[Path, typer.Option(help="report.json of lucency report.")] = Path("report.json"),
    out: Annotated[Path, typer.Option(help="Folder for MODEL_CARD.md and model_card.json.")] = Path("."),
    statements: Annotated[
        Path | None, typer.Option(help="What only people know, beyond docs/model_card.yaml of the bundle.")
    ] = None,
    start: Annotated[bool, typer.Option("--start", help="Write a file of statements to fill in.")] = False,
) -> None:
    """Write a model card from a bundle's metadata and its report; refused while a required field is empty.

    model_card.json follows the RSNA ATLAS schema, 2026-12. All about it: docs/how-to/report.md.
    """
    from ..results.model_card import STATEMENTS, read_statements, start_statements, write_model_card

    if start:
        own = bundle / STATEMENTS
        given = read_statements(*([own] if own.is_file() else []))
        print(f"{start_statements(statements or own, given)}: fill it in, then run the same command without --start")
        return
    print(", ".join(map(str, write_model_card(bundle, report, out, statements=statements))))
