import pytest

from lucency.data.phantom import PhantomCase, sample_case
from lucency.data.phantom.nih_counts import FINDINGS
from lucency.data.phantom.reports import MENTION, reported_states, true_states
from lucency.labels import LabelState

Reports = list[tuple[PhantomCase, dict[str, LabelState]]]


@pytest.fixture(scope="module")
def reports() -> Reports:
    cases = [sample_case(index, seed=0) for index in range(2500)]
    return [(case, reported_states(case)) for case in cases]


def test_truth_is_complete(reports: Reports) -> None:
    for case, _ in reports[:200]:
        states = true_states(case)
        assert set(states.values()) <= {LabelState.POSITIVE, LabelState.NEGATIVE}
        assert {name for name in FINDINGS if states[name] == LabelState.POSITIVE} == set(case.severity)
        assert (states["no_finding"] == LabelState.POSITIVE) == (not case.severity)


def test_reports_never_contradict_the_truth(reports: Reports) -> None:
    for case, report in reports:
        truth = true_states(case)
        assert truth.keys() == report.keys()
        observed = {name for name in report if report[name] in (LabelState.POSITIVE, LabelState.NEGATIVE)}
        assert all(report[name] == truth[name] for name in observed)


def test_severe_findings_are_mentioned_more_often(reports: Reports) -> None:
    def mentioned(low: float, high: float) -> float:
        states = [
            report[name]
            for case, report in reports
            for name, severity in case.severity.items()
            if low <= severity < high
        ]
        return sum(state != LabelState.UNMENTIONED for state in states) / len(states)

    assert mentioned(0.7, 1.1) > mentioned(0.35, 0.7) + 0.1 > mentioned(0, 0.35) + 0.2


def test_only_mild_positives_are_uncertain_save_for_pneumonia(reports: Reports) -> None:
    doubts = [
        (name, case.severity.get(name))
        for case, report in reports
        for name in FINDINGS
        if report[name] == LabelState.UNCERTAIN
    ]
    assert doubts
    for name, severity in doubts:
        assert (severity is not None and severity < 0.4) or (severity is None and name == "pneumonia")


@pytest.mark.parametrize("name", FINDINGS)
def test_absent_findings_are_ruled_out_as_often_as_said(name: str, reports: Reports) -> None:
    absent = [report[name] for case, report in reports if name not in case.severity]
    share = sum(state == LabelState.NEGATIVE for state in absent) / len(absent)
    assert share == pytest.approx(MENTION[name][2], abs=0.04)


def test_most_labels_are_missing(reports: Reports) -> None:
    states = [report[name] for _, report in reports for name in FINDINGS]
    unknown = sum(state in (LabelState.UNMENTIONED, LabelState.UNCERTAIN) for state in states) / len(states)
    assert 0.6 < unknown < 0.9
