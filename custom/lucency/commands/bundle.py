"""`lucency bundle ...`: golden test of a bundle."""

from pathlib import Path
from typing import Annotated

import typer

from . import ANY_KEY

app = typer.Typer(help="Check that a bundle answers as it must.", no_args_is_help=True)

BUNDLE = Annotated[Path, typer.Argument(help="Folder of the bundle.")]
WEIGHTS = Annotated[Path | None, typer.Option(help="Weights; without them, seeded ones are drawn.")]


@app.command(context_settings=ANY_KEY)
def check(
    context: typer.Context,
    bundle: BUNDLE,
    weights: WEIGHTS = None,
    backend: Annotated[list[str] | None, typer.Option(help="Only this one; repeatable.")] = None,
) -> None:
    """Compare every installed backend with the golden probabilities; exit status 1 if one differs by over 0.0001.

    Every further option is a key of inference.yaml or a folder of choices, as `lucency predict` takes it.
    """
    from rich.markup import escape
    from rich.table import Table

    from ..options import parse_options
    from ..release.check import check_bundle
    from ..terminal import console

    screen = console()
    overrides = parse_options(context.args)
    with screen.status("check") as status:
        checks = check_bundle(bundle, weights=weights, backends=backend, overrides=overrides, report=status.update)
    table = Table(title=f"{bundle}: {'seeded weights' if weights is None else weights}")
    for heading in ("backend", "outcome", "largest difference", "reason"):
        table.add_column(heading)
    for row in checks:
        gap = "" if row.max_difference is None else f"{row.max_difference:.1e}"
        table.add_row(row.backend, row.outcome, gap, escape(row.reason or ""))
    screen.print(table)
    if any(row.is_fault for row in checks):
        raise typer.Exit(1)


@app.command(context_settings=ANY_KEY)
def golden(
    context: typer.Context,
    bundle: BUNDLE,
    weights: WEIGHTS = None,
    seed: Annotated[int, typer.Option(help="Of the seeded weights.")] = 0,
) -> None:
    """Store what PyTorch answers for the golden images: beside the weights, or in the bundle for seeded ones.

    Every further option is a key of inference.yaml or a folder of choices, as `lucency predict` takes it.
    """
    from ..options import parse_options
    from ..release.golden import write_golden

    overrides = parse_options(context.args)
    print(write_golden(bundle, weights=weights, seed=seed, overrides=overrides))
