"""`lucency bundle ...`: what leaves the house, and whether it is fit to."""

from pathlib import Path
from typing import Annotated

import typer

from . import ANY_KEY
from .bundle_check import check
from .bundle_package import package
from .bundle_push import push
from .model_settings import add_trained_settings

app = typer.Typer(help="Copy bundles to begin with, check them, package them, hand them on.", no_args_is_help=True)

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
    if weights is not None:
        overrides = add_trained_settings(bundle, weights, overrides)
    print(write_golden(bundle, weights=weights, seed=seed, overrides=overrides))


@app.command()
def copy(
    names: Annotated[list[str] | None, typer.Argument(help="Bundles; by default all.")] = None,
    out: Annotated[Path, typer.Option(help="Gets a folder for each.")] = Path("bundles"),
) -> None:
    """Copy the bundles that come with this package to a folder of your own, to be run, read and changed."""
    from ..release.recipes import copy_recipes

    for folder in copy_recipes(out, names or ()):
        print(folder)


@app.command()
def rules() -> None:
    """Print the rules of `lucency bundle check`, as docs/reference/bundle-rules.md has them."""
    from ..release.checklist import rules_page

    print(rules_page(), end="")
