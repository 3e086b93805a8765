"""Reading the scores that a calibration is made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ...bundle.keys import suggestion
from ...errors import ConfigError, LucencyError, TableError
from ...metrics.calibration import check_probabilities
from ...metrics.inputs import FloatArray
from ...results.evaluation import PROBABILITY, TARGET, scored_findings


@dataclass(frozen=True, eq=False)
class LabelledScores:
    """Scores of labelled images.

    Attributes:
        findings: ids of the L columns.
        probabilities: (N, L) in [0, 1].
        targets: (N, L) of 1, 0, or NaN for unknown.
        patients: (N,) ids as texts.
    """

    findings: list[str]
    probabilities: FloatArray
    targets: FloatArray
    patients: list[str]


def read_labelled_scores(path: str | Path, known: Sequence[str]) -> LabelledScores:
    """Read ``patient``, ``target_<finding>`` and ``probability_<finding>``; other columns have no part.

    Args:
        path: CSV file, such as `scores.csv` of the evaluate workflow.
        known: findings of the model.

    Raises:
        TableError: the file cannot be read, lacks a column, or holds a finding that the model does not have.
        LucencyError: a probability is not in [0, 1].
        LabelError: a target is not 1, 0 or empty.
    """
    frame = _read(path, known)
    try:
        findings = scored_findings(frame)
        probabilities, targets = (
            _numbers(frame, [prefix + finding for finding in findings]) for prefix in (PROBABILITY, TARGET)
        )
        check_probabilities(probabilities, targets, findings)
    except LucencyError as error:
        raise type(error)(f"{path}: {error}") from error
    return LabelledScores(findings, probabilities, targets, frame["patient"].fillna("").astype(str).tolist())


def read_unlabelled_scores(path: str | Path, findings: Sequence[str], known: Sequence[str]) -> FloatArray:
    """Read ``probability_<finding>`` of some findings: (N, L) in [0, 1]; labels, if any, have no part.

    Raises:
        TableError, LucencyError: as `read_labelled_scores`.
    """
    frame = _read(path, known)
    columns = [PROBABILITY + finding for finding in findings]
    if missing := [column for column in columns if column not in frame]:
        raise TableError(f"{path}: column {missing[0]} is missing; give scores of the same model")
    try:
        probabilities = _numbers(frame, columns)
        return check_probabilities(probabilities, np.full_like(probabilities, np.nan), findings)[0]
    except LucencyError as error:
        raise type(error)(f"{path}: {error}") from error


def parse_prevalence(given: Sequence[str]) -> dict[str, float]:
    """Read ``finding=share``, or YAML files that map findings to shares; later ones win.

    Raises:
        ConfigError: neither of the two.

    Example:
        >>> parse_prevalence(["edema=0.05", "mass=0.01"])
        {'edema': 0.05, 'mass': 0.01}
    """
    shares: dict[str, float] = {}
    for text in given:
        finding, equals, share = text.partition("=")
        shares |= _shares({finding: share}, text) if equals else _shares_of_file(Path(text))
    return shares


def _shares_of_file(path: Path) -> dict[str, float]:
    import yaml

    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"prevalence {path}: neither finding=share nor a YAML file of these ({reason})") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: is no mapping; write a line such as 'edema: 0.05' for each finding")
    return _shares(content, str(path))


def _shares(content: dict[str, object], where: str) -> dict[str, float]:
    shares = {}
    for finding, share in content.items():
        try:
            shares[str(finding)] = float(str(share))
        except ValueError as error:
            raise ConfigError(f"{where}: prevalence of {finding} is {share!r}; give a share such as 0.05") from error
    return shares


def _read(path: str | Path, known: Sequence[str]) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype={"patient": str})
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise TableError(f"{path}: cannot be read ({reason}); give the scores.csv of the evaluate workflow") from error
    if frame.empty:
        raise TableError(f"{path}: holds no row; give the scores.csv of the evaluate workflow")
    for column in frame.columns:
        for prefix in (TARGET, PROBABILITY):
            finding = str(column).removeprefix(prefix)
            if column != finding and finding not in known:
                raise TableError(f"{path}: column {column}: the model has no such finding{suggestion(finding, known)}")
    return frame


def _numbers(frame: pd.DataFrame, columns: list[str]) -> FloatArray:
    numbers = frame[columns].apply(pd.to_numeric, errors="coerce")
    wrong = np.argwhere((numbers.isna() & frame[columns].notna()).to_numpy())
    if len(wrong):
        row, column = wrong[0]
        value = frame[columns].iat[row, column]
        raise TableError(f"column {columns[column]} holds {value!r} in row {row}; give numbers, or nothing if unknown")
    return np.asarray(numbers, dtype=np.float64)
