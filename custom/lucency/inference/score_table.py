"""Reading the scores that a site's calibration and operating points are made from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import LabelError, LucencyError, TableError, suggestion
from ..metrics.inputs import FloatArray
from ..results.evaluation import PROBABILITY, TARGET, scored_findings
from ..results.model_identity import ModelIdentity, read_model_identity


def model_of(scores: Path, model: Path | None = None) -> ModelIdentity:
    """Read whose scores they are: from `model`, or from the `model.json` beside them.

    Raises:
        TableError: there are no such scores.
        ConfigError: as `read_model_identity`.
    """
    if not scores.is_file():
        raise TableError(f"{scores}: no such file; give the scores.csv of the evaluate workflow")
    return read_model_identity(model or scores.parent / "model.json")


def read_scores(path: str | Path, model: ModelIdentity) -> pd.DataFrame:
    """Read scores of labelled images and make sure that they are of a model's findings.

    Args:
        path: CSV file, such as `scores.csv` of the evaluate workflow.
        model: whose scores they are.

    Returns:
        As `check_scores` returns them.

    Raises:
        TableError: the file cannot be read or holds no row or a finding that the model does not have; or as
            `check_scores`.
        LabelError: as `check_scores`.
    """
    scores = _read(path, model)
    try:
        return check_scores(scores)
    except LucencyError as error:
        raise type(error)(f"{path}: {error}") from error


def read_probabilities(path: str | Path, model: ModelIdentity, findings: Sequence[str]) -> dict[str, FloatArray]:
    """Read the probabilities (N,) of some findings, NaN where there is none, from scores that need no labels.

    Raises:
        TableError: as `read_scores`.
    """
    scores = _read(path, model)
    try:
        return {finding: _numbers(scores, PROBABILITY + finding) for finding in findings}
    except LucencyError as error:
        raise type(error)(f"{path}: {error}") from error


def check_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Turn ``probability_<finding>`` and ``target_<finding>`` into numbers; other columns stay as they are.

    Returns:
        A table whose probabilities lie in [0, 1] and whose targets are 1 or 0; NaN where there is none.

    Raises:
        TableError: a column is missing, or a probability is something else.
        LabelError: a target is something else.

    Example:
        >>> check_scores(pd.DataFrame({"patient": ["p1"], "target_mass": [2], "probability_mass": [0.7]}))
        Traceback (most recent call last):
        ...
        lucency.errors.LabelError: column target_mass holds 2 in row 0; give 1, 0, or nothing if unknown
    """
    columns = [prefix + finding for finding in scored_findings(scores) for prefix in (PROBABILITY, TARGET)]
    return scores.assign(**{column: _numbers(scores, column) for column in columns})


def _read(path: str | Path, model: ModelIdentity) -> pd.DataFrame:
    try:
        scores = pd.read_csv(path, dtype={"patient": str})
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise TableError(f"{path}: cannot be read ({reason}); give the scores.csv of the evaluate workflow") from error
    if scores.empty:
        raise TableError(f"{path}: holds no row; give the scores.csv of the evaluate workflow")
    for column in map(str, scores.columns):
        finding = column.removeprefix(TARGET).removeprefix(PROBABILITY)
        if column != finding and finding not in model.findings:
            hint = suggestion(finding, model.findings)
            raise TableError(f"{path}: column {column}: the model has no such finding{hint}; give its own scores")
    return scores


def _numbers(scores: pd.DataFrame, column: str) -> FloatArray:
    if column not in scores:
        raise TableError(f"column {column} is missing; give scores of the same model")
    numbers = pd.to_numeric(scores[column], errors="coerce").to_numpy(float, na_value=np.nan)
    is_target = column.startswith(TARGET)
    valid = (numbers == 0) | (numbers == 1) if is_target else (numbers >= 0) & (numbers <= 1)
    for row in np.flatnonzero(~valid & scores[column].notna().to_numpy())[:1]:
        found = f"column {column} holds {scores[column].iat[row]!s:.40} in row {row}"
        if is_target:
            raise LabelError(f"{found}; give 1, 0, or nothing if unknown")
        raise TableError(f"{found}; give probabilities in [0, 1], not logits")
    return numbers
