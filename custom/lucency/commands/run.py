"""`lucency run`: a workflow of a bundle."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ..trained_settings import OF_THE_MODEL
from .model_settings import add_trained_settings

OF_WEIGHTS = {"evaluate": OF_THE_MODEL | {"val_unmentioned"}, "inference": OF_THE_MODEL}
"""Workflows that use weights, and which settings of their training hold."""


def run(
    context: typer.Context,
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    workflow: Annotated[str, typer.Argument(help="train, evaluate, inference or multi_gpu_train.")],
) -> None:
    """Run a workflow of a bundle: lucency run BUNDLE train --loss wan --dataset_dir DATA --train#trainer#max_epochs 3.

    Every further option is a key of the configuration, or a folder of choices under configs (--loss NAME).
    A misspelt key is an error. evaluate and inference know the findings, image size and network that the weights
    were trained with, if run.json lies beside them.
    """
    from ..bundle import chosen_groups, run_bundle
    from ..options import parse_options

    options = parse_options(context.args)
    if workflow in OF_WEIGHTS:
        options = add_trained_settings(bundle, _weights(bundle, options), options, OF_WEIGHTS[workflow])
    groups, overrides = chosen_groups(bundle, options)
    run_bundle(bundle, workflow, groups=groups, overrides=overrides)


def _weights(bundle: Path, options: dict[str, Any]) -> Path:
    """Where the workflow will look for weights, as far as the options say."""
    return Path(options.get("weights") or Path(options.get("ckpt_dir") or bundle / "models") / "model.pt")
