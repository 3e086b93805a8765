import numpy as np
import pytest

from lucency.data.importers.declaration import Declaration
from lucency.data.importers.report_labels import report_columns, stated


def declaration(silence):
    words = {"a": "edema", "b": "mass", "c": "edema"}
    return Declaration(source="s", title="", words=words, values={}, silence=silence, reason="", reference="")


@pytest.mark.parametrize(
    ("statements", "states"),
    [
        ([], {}),
        ([("", "positive")], {}),
        ([("edema", "uncertain"), ("", "positive")], {"edema": "uncertain"}),
        ([("edema", "uncertain"), ("edema", "positive"), ("edema", "uncertain")], {"edema": "positive"}),
        ([("no_finding", "positive"), ("no_finding", "positive")], {"no_finding": "positive"}),
        ([("no_finding", "positive"), ("", "positive")], {"no_finding": "uncertain"}),
        ([("mass", "positive"), ("no_finding", "positive")], {"mass": "positive", "no_finding": "uncertain"}),
    ],
)
def test_what_a_report_states(statements, states):
    assert stated(statements) == states


def test_silence_of_a_complete_report_is_what_the_archive_declares():
    reports = [{"edema": "positive"}, {"mass": "uncertain"}]
    columns = report_columns(reports, [False, False], np.array([0, 1, 0]), declaration("negative"))
    assert {name: column.tolist() for name, column in columns.items()} == {
        "edema": ["positive", "negative", "positive"],
        "mass": ["negative", "uncertain", "negative"],
    }


def test_silence_of_an_incomplete_report_is_never_negative():
    reports = [{"edema": "positive"}, {"mass": "uncertain"}, {}]
    columns = report_columns(reports, [True, False, True], np.array([2, 1, 0]), declaration("negative"))
    assert {name: column.tolist() for name, column in columns.items()} == {
        "edema": ["unmentioned", "negative", "positive"],
        "mass": ["unmentioned", "uncertain", "unmentioned"],
        "labelled": ["", "edema mass", "edema"],
    }
