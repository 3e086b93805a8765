"""The `lucency` command; only the verb that is called is imported, and it imports what it needs when it runs."""

import logging
import os
import sys
import traceback
import warnings
from importlib import import_module
from typing import Annotated

import typer

from . import __version__
from .commands import ANY_KEY
from .errors import explanation
from .memory import keep_freed_memory

VERBS = {
    "run": "run",
    "report": "report",
    "model-card": "model_card",
    "phantom": "phantom",
    "split": "split",
    "simulate": "simulate",
    "assemble": "assemble",
    "cache": "cache",
    "predict": "predict",
    "calibrate": "calibrate",
    "operating-points": "operating_points",
    "export": "export",
    "convert": "convert",
    "import": "import_tables",
    "refine": "refine",
    "bundle": "bundle",
    "node": "node",
}
"""Verbs and the modules of `lucency.commands` that define them: an `app` of verbs, or a function of their own name."""
_OF_ANY_KEY = {"run", "report", "predict", "export"}
_OF_LARGE_ARRAYS = {"run", "predict", "cache"}

INTERRUPTED = 130  # the status that typer gives to Ctrl-C


def command_line(*verbs: str) -> typer.Typer:
    """Put the command together.

    Args:
        verbs: of `VERBS`; by default all of them.
    """
    app = typer.Typer(
        help="Chest X-ray finding classifiers from the labels a hospital really has.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    for verb in verbs or VERBS:
        module = import_module(f".commands.{VERBS[verb]}", __package__)
        if hasattr(module, "app"):
            app.add_typer(module.app, name=verb)
        else:
            settings = ANY_KEY if verb in _OF_ANY_KEY else None
            app.command(verb, context_settings=settings)(getattr(module, VERBS[verb]))
    return app


def main() -> None:
    """Run the command; an error that the user can mend is one line on standard error and exit status 1."""
    # MONAI tries every reader it knows, even where the configuration names one
    warnings.filterwarnings("ignore", message="NvImgCodecPydicomReader")
    logging.getLogger("monai.data.nvimgcodec_pydicom_plugin").setLevel(logging.ERROR)
    if _OF_LARGE_ARRAYS & set(sys.argv[1:2]):
        keep_freed_memory()
    try:
        command_line(*VERBS.keys() & sys.argv[1:2])()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print("lucency: interrupted; run the same command again to go on", file=sys.stderr)
        raise
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


def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False) -> None:
    pass
