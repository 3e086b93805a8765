"""Options of a verb that uses weights: what their training run was told holds, unless it is told otherwise."""

import json
import shlex
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ..trained_settings import OF_THE_MODEL, trained_settings, with_settings


def model_options(
    bundle: Path,
    weights: Path | None,
    arguments: Sequence[str],
    keys: Collection[str] | None = OF_THE_MODEL,
) -> dict[str, Any]:
    """Read further options, add the settings of the training run that they leave open, and print which.

    Args:
        bundle: folder of the bundle.
        weights: file of the weights; by default the bundle's.
        arguments: of the command line.
        keys: as of `trained_settings`.

    Raises:
        LucencyError: an option without a value; a damaged record of the run.
    """
    from ..options import parse_options  # slow to import

    given = parse_options(list(arguments)) if arguments else {}
    weights = weights or bundle / "models" / "model.pt"
    return add_trained_settings(bundle, weights, given, keys)


def add_trained_settings(
    bundle: Path, weights: Path, options: dict[str, Any], keys: Collection[str] | None = OF_THE_MODEL
) -> dict[str, Any]:
    """Add the settings of the training run of `weights` to `options`, and print which."""
    together, added = with_settings(trained_settings(bundle, weights, keys), options)
    if added:
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in added.items()}
        words = " ".join(f"--{name} {shlex.quote(text)}" for name, text in texts.items())
        print(f"as in the training of {weights}: {words}", file=sys.stderr)
    return together
