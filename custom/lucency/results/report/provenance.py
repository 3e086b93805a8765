"""What the figures of a report were made of."""

import json
import math
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import ConfigError
from ...files import sha256_of
from .report import Provenance

PACKAGES = ("lucency", "numpy", "scipy", "pandas")


def collect_provenance(
    scores: Mapping[str, Path],
    *,
    tables: Mapping[str, str],
    run: Path | None,
    replicates: int,
    seed: int,
) -> Provenance:
    """Collect digests, the training run's record and configuration, and versions.

    Args:
        scores: score tables by name.
        tables: fingerprints of study tables by name.
        run: checkpoint folder with `run.json`, `config.yaml` and `history.csv`; what is not there is left out.
        replicates: resamples of patients.
        seed: of the resamples.

    Raises:
        ConfigError: `run` is no folder, or a file in it cannot be read.
    """
    if run is not None and not run.is_dir():
        raise ConfigError(f"{run}: no such folder; give the checkpoint folder of the training run")
    return Provenance(
        scores_sha256={name: sha256_of(path) for name, path in scores.items()},
        tables=dict(tables),
        run=_read(run, "run.json", _record),
        configuration=_read(run, "config.yaml", Path.read_text) or "",
        history=_read(run, "history.csv", _history) or (),
        packages={"Python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        replicates=replicates,
        seed=seed,
    )


def _record(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text())
    if not isinstance(content, dict):
        raise ValueError("it holds no JSON object")
    return content


def _history(path: Path) -> tuple[dict[str, float | None], ...]:
    table = pd.read_csv(path).astype(float)
    if not {"epoch", "loss"} <= set(table):
        raise ValueError("it has no columns epoch and loss")
    rows = table.to_dict("records")
    return tuple({str(name): value if math.isfinite(value) else None for name, value in row.items()} for row in rows)


def _read(run: Path | None, name: str, parse: Any) -> Any:
    if run is None or not (run / name).is_file():
        return None
    try:
        return parse(run / name)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{run / name}: not readable ({' '.join(str(error).split())}); restore it or take it away"
        ) from error
