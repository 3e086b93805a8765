"""The `lucency` command; each verb imports what it needs when it is called, so that --help is quick."""

import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from . import __version__
from .errors import LucencyError, explanation

app = typer.Typer(
    help="Chest X-ray finding classifiers from the labels a hospital really has.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
import_app = typer.Typer(help="Turn an archive's own label file into a study table.", no_args_is_help=True)
app.add_typer(import_app, name="import")


def main() -> None:
    """Run the command; an error that the user can mend is one line on standard error and exit status 1."""
    # MONAI tries every reader it knows, even where the configuration names one
    warnings.filterwarnings("ignore", message="NvImgCodecPydicomReader")
    try:
        app()
    except KeyboardInterrupt:
        sys.exit("interrupted; run the same command again to go on")
    except Exception as error:
        if os.environ.get("LUCENCY_TRACEBACK"):
            raise
        message = explanation(error)
        if message is None:
            traceback.print_exc()
            sys.exit("lucency: this looks like a defect of the program; please report the lines above")
        sys.exit(f"lucency: {message}")


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False) -> None:
    pass


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    workflow: Annotated[str, typer.Argument(help="train, evaluate, inference or multi_gpu_train.")],
) -> None:
    """Run a workflow of a bundle: lucency run BUNDLE train --loss wan --dataset_dir DATA --train#trainer#max_epochs 3.

    Every further option is a key of the configuration, or a folder of choices under configs (--loss NAME).
    A misspelt key is an error.
    """
    from .bundle import config_groups, run_bundle

    options = parse_options(context.args)
    groups = {name: str(options.pop(name)) for name in config_groups(bundle) if isinstance(options.get(name), str)}
    run_bundle(bundle, workflow, groups=groups, overrides=options)


def parse_options(arguments: list[str]) -> dict[str, Any]:
    """Read ``--key value`` and ``--key=value`` pairs, with values as MONAI's own runner reads them.

    Example:
        >>> parse_options(["--seed", "3", "--learning_rate=1e-3", "--table", "a.csv"])
        {'seed': 3, 'learning_rate': 0.001, 'table': 'a.csv'}
    """
    from fire.parser import DefaultParseValue

    options: dict[str, Any] = {}
    rest = list(arguments)
    while rest:
        key = rest.pop(0)
        name, equals, value = key.removeprefix("--").partition("=")
        if not key.startswith("--") or not name:
            raise LucencyError(f"option {key!r}: give options as --key value")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise LucencyError(f"option --{name}: has no value; give options as --key value")
            value = rest.pop(0)
        options[name] = DefaultParseValue(value)
    return options


@app.command()
def report(
    evaluation: Annotated[Path, typer.Argument(help="Output folder of the evaluate workflow.")],
    out: Annotated[Path, typer.Option(help="The HTML page to write.")] = Path("report.html"),
    run: Annotated[Path | None, typer.Option(help="Checkpoint folder, for training curve and provenance.")] = None,
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Lucency test report",
) -> None:
    """Write a page about a test run: metrics with intervals, ROC curves, example images."""
    from .results import write_report

    print(write_report(evaluation, out, run=run, title=title))
