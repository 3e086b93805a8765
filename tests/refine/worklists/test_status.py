"""What the rounds came to, counted from the ledger."""

import pandas as pd
import pytest

from lucency.refine import Adjudication, LabelEntry, fleiss_kappa
from lucency.refine.worklists import changed_labels, finding_status, reader_conflicts, round_status

SAID = [  # round 1 asks effusion and mass of a.dcm, b.dcm and e.png
    ("a.dcm", "effusion", "R1", "negative"),  # was positive
    ("a.dcm", "effusion", "R2", "negative"),
    ("a.dcm", "mass", "R1", "negative"),  # as it was
    ("b.dcm", "mass", "R1", "negative"),  # was positive, and they differ
    ("b.dcm", "mass", "R2", "positive"),
    ("e.png", "mass", "R2", "positive"),  # was negative
]


def said(image, finding, reader, state, round=1):
    return LabelEntry(image=image, finding=finding, state=state, source="", reader=reader, round=round)


@pytest.fixture
def answered(asked):
    with asked.open() as ledger:
        ledger.record([said(*verdict) for verdict in SAID])
        ledger.ask(2, [("a.dcm", "edema"), ("c.dcm", "edema")])
        ledger.record([said("a.dcm", "edema", "R1", "positive", 2)])  # was unmentioned
        yield ledger


def test_changes_are_those_of_the_tables(answered):
    changes = changed_labels(answered)
    assert changes.values.tolist() == [
        [1, "a.dcm", "effusion", "positive", "negative"],
        [1, "b.dcm", "mass", "positive", "uncertain"],
        [1, "e.png", "mass", "negative", "positive"],
        [2, "a.dcm", "edema", "unmentioned", "positive"],
    ]
    decided = changed_labels(answered, Adjudication(rule="adjudicated", adjudicator="R2"))
    assert "b.dcm" not in set(decided["image"])


def test_rounds_are_counted(answered):
    status = round_status(answered)
    counted = status.drop(columns="changed_per_asked").to_dict("records")
    names = ("round", "asked", "answered", "open", "verdicts", "readers", "changed", "filled")
    assert counted == [
        dict(zip(names, (1, 6, 4, 2, 6, 2, 3, 0), strict=True)),
        dict(zip(names, (2, 2, 1, 1, 1, 1, 0, 1), strict=True)),
    ]
    assert status["changed_per_asked"].tolist() == [3 / 6, 0]


def test_findings_are_counted(answered):
    status = finding_status(answered).set_index("finding")
    assert status["asked"].to_dict() == {"effusion": 3, "mass": 3, "edema": 2}
    assert status["answered"].to_dict() == {"effusion": 1, "mass": 3, "edema": 1}
    assert status["changed"].to_dict() == {"effusion": 1, "mass": 2, "edema": 0}
    assert status["filled"].to_dict() == {"effusion": 0, "mass": 0, "edema": 1}
    assert status["read_twice"].to_dict() == {"effusion": 1, "mass": 1, "edema": 0}
    assert status["conflicts"].to_dict() == {"effusion": 0, "mass": 1, "edema": 0}
    assert status["kappa"]["mass"] == fleiss_kappa(pd.DataFrame([[1, 1, 0, 0]]).to_numpy())
    assert pd.isna(status["kappa"]["edema"])


def test_conflicts_are_written_verdict_by_verdict(answered):
    rows = reader_conflicts(answered.verdicts(), Adjudication(rule="adjudicated", adjudicator="R2"))
    assert rows.values.tolist() == [
        [1, "b.dcm", "mass", "R1", "negative", "positive"],
        [1, "b.dcm", "mass", "R2", "positive", "positive"],
    ]


def test_before_the_first_answer_nothing_has_changed(asked):
    with asked.open() as ledger:
        assert round_status(ledger)[["asked", "open", "changed", "filled"]].values.tolist() == [[6, 6, 0, 0]]
        assert finding_status(ledger)["answered"].tolist() == [0, 0]
        assert changed_labels(ledger).empty


def test_before_the_first_round_there_is_nothing_to_count(site):
    with site.open() as ledger:
        assert round_status(ledger).empty
        assert finding_status(ledger).empty
