"""`lucency bundle ...`: what leaves the house, and whether it is fit to."""

from pathlib import Path
from typing import Annotated

import typer

from . import ANY_KEY
from .bundle_check import check
from .bundle_package import package
from .bundle_push import push

app = typer.Typer(help="Check bundles, package them, hand them on.", no_args_is_help=True)

app.command(context_settings=ANY_KEY)(check)
app.command(context_settings=ANY_KEY)(package)
app.command()(push)


@app.command(context_settings=ANY_KEY)
def golden(
    context: typer.Context,
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    weights: Annotated[Path | None, typer.Option(help="Weights; without them, seeded ones are drawn.")] = None,
    seed: Annotated[int, typer.Option(help="Of the seeded weights.")] = 0,
) -> None:
    """Store what PyTorch answers for the golden images: beside the weights, or in the bundle for seeded ones.

    Every further option is a key of inference.yaml or a folder of choices, as `lucency predict` takes it.
    """
    from ..options import parse_options
    from ..release.golden import write_golden

    overrides = parse_options(context.args)
    print(write_golden(bundle, weights=weights, seed=seed, overrides=overrides))


@app.command()
def rules() -> None:
    """Print the rules of `lucency bundle check`, as docs/reference/bundle-rules.md has them."""
    from ..release.checklist import rules_page

    print(rules_page(), end="")
