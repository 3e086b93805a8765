"""Reading the scores that an evaluation leaves."""

from pathlib import Path

import pandas as pd

from ...bundle.keys import suggestion
from ...errors import TableError
from ...results.evaluation import scored_findings
from ...results.model_identity import ModelIdentity


def read_scores(path: str | Path, model: ModelIdentity) -> pd.DataFrame:
    """Read a score table and make sure that it is about the model's findings.

    Raises:
        TableError: it cannot be read, lacks a column, or holds a finding that the model does not have.
    """
    try:
        scores = pd.read_csv(path, dtype={"patient": str})
        findings = scored_findings(scores)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise TableError(f"{path}: not usable ({reason}); name the scores.csv of the evaluate workflow") from error
    for finding in findings:
        if finding not in model.findings:
            raise TableError(
                f"{path}: the model has no finding {finding!r}{suggestion(finding, model.findings)}; "
                "scores and model belong to different runs"
            )
    return scores
