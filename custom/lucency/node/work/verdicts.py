"""Readers' verdicts among the objects that a node receives: structured reports that judge a report of ours."""

from pathlib import Path

from ...errors import LucencyError
from ...refine.worklists.assessment import ACCEPTED, REJECTED
from ...refine.worklists.assessment_reader import read_assessment

_JUDGEMENTS = frozenset({ACCEPTED.value, REJECTED.value})


def is_verdict(path: str | Path) -> bool:
    """Tell whether a file is a whole report of `lucency.refine.worklists.assessment_report`.

    One that `lucency refine import` would refuse as it stands, for a judgement that it does not know or two on one
    finding, is none: kept among the others it would keep them all from being imported.

    Args:
        path: any file.

    Example:
        >>> is_verdict("nothing.dcm")
        False
    """
    try:
        _, groups = read_assessment(path, "object")
    except LucencyError:  # whatever is wrong with it
        return False
    findings = [finding for _, finding, _ in groups]
    return bool(groups) and len(set(findings)) == len(findings) and {code for *_, code in groups} <= _JUDGEMENTS
