"""Archives that label reports by words that are there or not: what a report states, and what its silence means."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from ...labels import LABELLED, LabelState, cell_lists, vocabulary
from .declaration import Declaration

_STATES = [state.value for state in LabelState]
_UNMENTIONED = _STATES.index(LabelState.UNMENTIONED)
_NO_FINDING = "no_finding"


def words_of(source: str) -> dict[str, str]:
    """Finding id of every spelling that the vocabulary has for a label source.

    Example:
        >>> words_of("siim")
        {' EncodedPixels': 'pneumothorax', 'EncodedPixels': 'pneumothorax'}
    """
    return {spelling: finding.id for finding in vocabulary() for spelling in finding.names.get(source, ())}


def left_out_of(source: str) -> dict[str, str]:
    """The reason for every label of `left_out.yaml` that an archive has.

    Example:
        >>> left_out_of("padchest")["nipple shadow"]
        'imitates a finding'
    """
    return {label: reason for reason, labels in _left_out()[source].items() for label in labels}


def stated(statements: Iterable[tuple[str, str]]) -> dict[str, str]:
    """State of each finding that a report states.

    Positive wins over uncertain. A "normal" that stands beside another label is uncertain: it may be meant of a part
    of the image.

    Args:
        statements: finding and state of each label of the report; the finding is "" for a label that is left out.

    Example:
        >>> stated([("cardiomegaly", "uncertain"), ("cardiomegaly", "positive"), ("no_finding", "positive")])
        {'cardiomegaly': 'positive', 'no_finding': 'uncertain'}
    """
    states: dict[str, str] = {}
    findings = set()
    for finding, state in statements:
        findings.add(finding)
        if finding and states.get(finding) != LabelState.POSITIVE:
            states[finding] = state
    if _NO_FINDING in states and len(findings) > 1:
        states[_NO_FINDING] = LabelState.UNCERTAIN.value
    return states


def report_columns(
    reports: Sequence[Mapping[str, str]], incomplete: Sequence[bool], rows: NDArray[np.intp], declaration: Declaration
) -> dict[str, pd.Series]:
    """Columns of a study table from what its reports state.

    Args:
        reports: K mappings from finding id to state, as from `stated`.
        incomplete: of each report, whether its silence about a finding says nothing at all.
        rows: number of the report of each of the B images.
        declaration: names the findings, and what silence means in the reports that are complete.

    Returns:
        A column of B label states for each finding; `labelled` too if some report is incomplete, which there lists
        the findings that the report states and elsewhere all.

    Example:
        >>> siim = Declaration(
        ...     source="siim", title="", words={"x": "pneumothorax", "y": "effusion"}, values={}, silence="unmentioned",
        ...     reason="", reference="",
        ... )
        >>> columns = report_columns([{"effusion": "positive"}, {}], [True, False], np.array([0, 1, 1]), siim)
        >>> pd.DataFrame(columns).values.tolist()
        [['unmentioned', 'positive', 'effusion'],
         ['unmentioned', 'unmentioned', 'pneumothorax effusion'],
         ['unmentioned', 'unmentioned', 'pneumothorax effusion']]
    """
    findings = declaration.findings
    place = {finding: column for column, finding in enumerate(findings)}
    codes = np.full((len(reports), len(findings)), _STATES.index(declaration.silence), dtype=np.int8)
    open_reports = np.asarray(incomplete, dtype=bool)
    codes[open_reports] = _UNMENTIONED
    said = np.zeros(codes.shape, dtype=bool)
    for number, report in enumerate(reports):
        for finding, state in report.items():
            codes[number, place[finding]] = _STATES.index(state)
            said[number, place[finding]] = True
    texts = pd.array(_STATES, dtype="str")
    columns = {finding: pd.Series(texts.take(codes[rows, column])) for finding, column in place.items()}
    if open_reports[rows].any():
        lists = cell_lists(said | ~open_reports[:, None], findings)
        columns[LABELLED] = pd.Series(lists[rows], dtype=object)  # few long texts, shared by the rows
    return columns


@functools.cache
def _left_out() -> dict[str, dict[str, list[str]]]:
    content: dict[str, dict[str, list[str]]] = yaml.safe_load(
        Path(__file__).with_name("left_out.yaml").read_text(encoding="utf-8")
    )
    return content
