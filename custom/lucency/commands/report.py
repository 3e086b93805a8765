"""`lucency report`: a page about a test run."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    evaluation: Annotated[Path, typer.Argument(help="Output folder of the evaluate workflow.")],
    out: Annotated[Path, typer.Option(help="The HTML page to write.")] = Path("report.html"),
    run: Annotated[Path | None, typer.Option(help="Checkpoint folder, for training curve and provenance.")] = None,
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Lucency test report",
) -> None:
    """Write a page about a test run: metrics with intervals, ROC curves, example images."""
    from ..results import write_report

    print(write_report(evaluation, out, run=run, title=title))
