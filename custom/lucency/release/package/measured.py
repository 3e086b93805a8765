"""The figures of an evaluation, as `eval_metrics` of a package."""

import json
from pathlib import Path

from ...errors import ConfigError
from ...results import ModelIdentity, read_model_identity

FIGURES = ("auroc", "auroc_low", "auroc_high", "ap", "ap_low", "ap_high")
COUNTS = ("images", "patients", "positive", "negative")


def measured_metrics(evaluation: Path, model: ModelIdentity) -> dict[str, dict[str, float | None]]:
    """Read what the evaluate workflow measured, after making sure that it was with this model.

    Args:
        evaluation: output folder of the evaluate workflow: `metrics.json` and `model.json`.
        model: the packaged one.

    Returns:
        Finding to figures with their 95 % bounds and counts, over all images; ``None`` where there is no figure.

    Raises:
        ConfigError: the evaluation is absent, or of other weights, findings or preprocessing.
    """
    if read_model_identity(evaluation / "model.json").fingerprint != model.fingerprint:
        raise ConfigError(
            f"{evaluation}: measured with other weights, findings or settings than packaged; evaluate these"
        )
    file = evaluation / "metrics.json"
    try:
        rows = json.loads(file.read_text(), parse_constant=lambda name: None)["metrics"]
        return {row["finding"]: {key: row[key] for key in (*FIGURES, *COUNTS)} for row in rows if row["group"] == "all"}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{file}: holds no figures ({error!r}); run the evaluate workflow again") from error
