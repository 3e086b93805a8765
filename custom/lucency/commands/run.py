"""`lucency run`: a workflow of a bundle."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    context: typer.Context,
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    workflow: Annotated[str, typer.Argument(help="train, evaluate, inference or multi_gpu_train.")],
) -> None:
    """Run a workflow of a bundle: lucency run BUNDLE train --loss wan --dataset_dir DATA --train#trainer#max_epochs 3.

    Every further option is a key of the configuration, or a folder of choices under configs (--loss NAME).
    A misspelt key is an error.
    """
    from ..bundle import chosen_groups, run_bundle
    from ..options import parse_options

    groups, overrides = chosen_groups(bundle, parse_options(context.args))
    run_bundle(bundle, workflow, groups=groups, overrides=overrides)
