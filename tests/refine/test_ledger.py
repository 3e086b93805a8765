import re
import sqlite3

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from lucency.data import check_study_table, finding_columns, read_study_table, write_study_table
from lucency.errors import LabelError, TableError
from lucency.refine import LabelEntry, Ledger, LedgerError, RejectedEntriesError
from lucency.refine.adjudication import Adjudication
from references.ledger import table_after
from references.study_tables import plain_table, study_tables

READERS = ("R1", "R2", "R3")
VERDICTS = ("positive", "negative", "uncertain")
RULES = ({}, {"rule": "unanimous"}, {"rule": "adjudicated", "adjudicator": "R1"})


def verdict(image="images/0.png", finding="effusion", state="negative", reader="R1", round=1, **others):
    return LabelEntry(
        image=image, finding=finding, state=state, source="reads.csv", reader=reader, round=round, **others
    )


@pytest.fixture
def table(tmp_path):
    return read_study_table(write_study_table(plain_table(), tmp_path / "table.csv"), check_files=False)


@pytest.fixture
def ledger(tmp_path, table):
    with Ledger.create(tmp_path / "ledger.sqlite", table) as ledger:
        yield ledger


@st.composite
def labelled_tables(draw):
    """Study tables of which some tell who labels, what is implied and what readers said."""
    frame = draw(study_tables(max_patients=4))
    findings = finding_columns(frame)
    if draw(st.booleans()):
        known = [[f for f in findings if row[f] != "unmentioned"] for _, row in frame.iterrows()]
        implied = [[f for f in names if draw(st.booleans())] for names in known]
        frame["labelled"] = [" ".join(set(k) - set(i)) for k, i in zip(known, implied, strict=True)]
        frame["implied"] = [" ".join(names) for names in implied]
    if draw(st.booleans()):
        frame["share_edema"] = draw(
            st.lists(st.sampled_from(["", "0.25", "1"]), min_size=len(frame), max_size=len(frame))
        )
    order = draw(st.permutations(list(frame.columns)))
    return frame[order].astype({column: str for column in frame if column != "age"})


@st.composite
def readings(draw, frame):
    """For each of some rounds, cells that are asked and verdicts on some of them."""
    cells = [(image, finding) for image in frame["image"] for finding in finding_columns(frame)]
    rounds = draw(st.lists(st.lists(st.sampled_from(cells), min_size=1, max_size=8, unique=True), max_size=3))
    said = [
        verdict(image, finding, draw(st.sampled_from(VERDICTS)), reader, number)
        for number, asked in enumerate(rounds, start=1)
        for image, finding in asked
        for reader in draw(st.sets(st.sampled_from(READERS)))
    ]
    return rounds, said


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_round_is_rebuilt_and_only_what_was_asked_changes(data, tmp_path_factory):
    frame = data.draw(labelled_tables())
    check_study_table(frame, "drawn")
    rounds, said = data.draw(readings(frame))
    rule = data.draw(st.sampled_from(RULES))
    with Ledger.create(tmp_path_factory.mktemp("ledger") / "ledger.sqlite", frame) as ledger:
        for number, cells in enumerate(rounds, start=1):
            ledger.ask(number, cells)
            if answers := [entry for entry in said if entry.round == number]:
                ledger.record(answers)
        before = ledger.frame(0)
        assert_frame_equal(before, frame)
        for number, cells in enumerate(rounds, start=1):
            after = ledger.frame(number, adjudication=Adjudication(**rule))
            read = {(entry.image, entry.finding) for entry in said if entry.round == number}
            assert sorted(ledger.asked(number)) == sorted(cells)
            assert_frame_equal(_sorted_lists(after), _sorted_lists(table_after(frame, said, number, **rule)))
            check_study_table(after, "rebuilt")
            before = ledger.frame(number - 1, adjudication=Adjudication(**rule))
            changed = _changes(before, after)
            assert changed <= set(ledger.asked(number))
            assert changed <= read
        assert_frame_equal(ledger.frame(adjudication=Adjudication(**rule)), after if rounds else frame)
        assert len(ledger.verdicts()) == len(said)


def _changes(before, after):
    findings = finding_columns(before)
    places = np.argwhere((before[findings] != after[findings]).to_numpy())
    return {(before["image"][row], findings[place]) for row, place in places}


def _sorted_lists(frame):
    lists = [column for column in ("labelled", "implied") if column in frame]
    return frame.assign(**{column: frame[column].map(lambda text: " ".join(sorted(text.split()))) for column in lists})


def test_what_goes_in_by_a_file_comes_out_the_same(ledger, table, tmp_path):
    write_study_table(ledger.frame(), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "table.csv").read_bytes()
    assert_frame_equal(ledger.frame(), table)


def test_the_latest_round_in_which_a_cell_was_read_decides(ledger):
    cell = ("images/0.png", "effusion")
    ledger.ask(1, [cell])
    ledger.ask(2, [cell, ("images/1.png", "edema")])
    late = ledger.record([verdict(state="uncertain", round=1)])
    ledger.record([verdict(state="negative", round=2, reader="R2")])
    after = ledger.record([verdict(state="positive", round=1, reader="R2"), verdict(round=1, reader="R3")])
    assert ledger.frame(2)["effusion"][0] == ledger.frame()["effusion"][0] == "negative"
    assert ledger.frame(1)["effusion"][0] == "uncertain"
    assert ledger.frame(1, as_of_batch=late.number)["effusion"][0] == "uncertain"
    assert ledger.frame(2, as_of_batch=late.number - 1)["effusion"][0] == "positive"
    assert ledger.rounds().drop(columns="begun").values.tolist() == [[1, 1, 1, 3, 3], [2, 2, 1, 1, 1]]
    assert after.entries == 2
    assert ledger.last_round == 2


def test_history_names_who_said_what_and_when(ledger, table):
    ledger.ask(1, [("images/0.png", "edema"), ("images/0.png", "effusion")], reason="random")
    ledger.record([verdict(time="2026-03-01T09:30:00+01:00", reason="small effusion")])
    history = ledger.history(image="images/0.png")
    assert history[["finding", "state", "source", "reader", "round"]].values.tolist() == [
        ["effusion", "positive", "nih", "", 0],
        ["effusion", "negative", "reads.csv", "R1", 1],
        ["edema", "unmentioned", "nih", "", 0],
    ]
    assert history.loc[1, ["time", "reason"]].tolist() == ["2026-03-01T08:30:00+00:00", "small effusion"]
    assert set(history.loc[[0, 2], "reason"]) == {"import"}
    assert ledger.history(finding="effusion")["state"].tolist() == ["positive", "negative", *table["effusion"][1:]]
    assert len(ledger.history()) == table.shape[0] * 2 + 1
    assert ledger.history("images/0.png", "edema")["image"].tolist() == ["images/0.png"]
    with pytest.raises(LedgerError, match=r"unknown image .b\.png"):
        ledger.history("b.png")
    with pytest.raises(LedgerError, match="unknown finding 'mass'; the table has effusion, edema"):
        ledger.history(finding="mass")


def test_the_same_again_is_recognised(ledger):
    cells = [("images/0.png", "effusion"), ("images/1.png", "effusion")]
    first = ledger.ask(1, cells)
    again = ledger.ask(1, cells[::-1])
    assert (again.number, again.repeated, first.repeated) == (first.number, True, False)
    said = [verdict(), verdict(image="images/1.png", time="2026-03-01T09:30:00Z")]
    first = ledger.record(said)
    again = ledger.record([verdict(image="images/1.png"), verdict()])
    assert (again.number, again.entries, again.repeated) == (first.number, 2, True)
    assert len(ledger.verdicts()) == 2
    grown = [*said, verdict(reader="R2"), verdict(state="positive", reader="R1", image="images/1.png")]
    assert ledger.unrecorded(grown) == grown[2:]


WRONG = {
    "unknown image 'images/9.png'": verdict(image="images/9.png"),
    "unknown finding 'efusion' of 'images/0.png'; did you mean 'effusion'?": verdict(finding="efusion"),
    "unknown finding 'x' of 'images/0.png'; the table has effusion, edema": verdict(finding="x"),
    "edema of 'images/0.png' was not asked in round 1": verdict(finding="edema"),
    "effusion of 'images/0.png' was not asked in round 2": verdict(round=2),
    "effusion of 'images/0.png' was not asked in round 0": verdict(round=0),
    "effusion of 'images/0.png' was not asked in round 10000000000000000000": verdict(round=10**19),
    "'unmentioned' for effusion of 'images/0.png' is no verdict": verdict(state="unmentioned"),
    "'1' for effusion of 'images/0.png' is no verdict; use positive, negative, uncertain": verdict(state="1"),
    "reader of effusion of 'images/0.png' is ' '; give a name without blanks around it": verdict(reader=" "),
    "reader of effusion of 'images/0.png' is 'R1 '": verdict(reader="R1 "),
    "reader of effusion of 'images/0.png' is 'R\\x00'; give": verdict(reader="R\0"),
    "reader of effusion of 'images/0.png' is ''; give": verdict(reader=""),
    "time '2026-03-01 09:30' has no offset from UTC": verdict(time="2026-03-01 09:30"),
    "time 'noon' is not ISO 8601": verdict(time="noon"),
    "the verdict on effusion of 'images/0.png' holds what is no text": verdict(reason="\udcff"),
    "image '\\udcff', finding 'effusion' is no text": verdict(image="\udcff"),
    "a second verdict of reader 'R3' on effusion of 'images/1.png', beside entry 2": verdict(
        "images/1.png", reader="R3"
    ),
    "reader 'R2' has said positive of effusion of 'images/0.png' in round 1 already": verdict(reader="R2"),
}


@pytest.mark.parametrize("reason", WRONG)
def test_one_wrong_verdict_rejects_all(ledger, reason):
    ledger.ask(1, [("images/0.png", "effusion"), ("images/1.png", "effusion")])
    ledger.record([verdict(state="positive", reader="R2")])
    before = ledger.frame()
    right = [verdict(reader="R3"), verdict("images/1.png", reader="R3")]
    message = f"1 of 3 verdicts is wrong, so that none is recorded: 3rd ({reason}"
    with pytest.raises(RejectedEntriesError, match=re.escape(message)) as caught:
        ledger.record([*right, WRONG[reason]])
    assert list(caught.value.reasons) == [2]
    assert "\n" not in str(caught.value)
    assert len(ledger.verdicts()) == 1
    assert_frame_equal(ledger.frame(), before)
    assert not ledger.record(right).repeated


def test_all_wrong_entries_are_named(ledger):
    ledger.ask(1, [("images/0.png", "effusion")])
    message = r"5 of 6 verdicts are wrong.* 2nd .* 3rd .* 4th .* and 2 more"
    with pytest.raises(RejectedEntriesError, match=message) as caught:
        ledger.record([verdict(), *[verdict(image=f"{n}.png") for n in range(5)]])
    assert list(caught.value.reasons) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([("images/9.png", "edema")], "unknown image 'images/9.png'"),
        ([("images/0.png", "mass")], "unknown finding 'mass'"),
        ([("images/0.png", "effusion")], "effusion of 'images/0.png' was asked in this round already"),
        ([("images/0.png", "edema")] * 2, "edema of 'images/0.png' is named twice"),
    ],
)
def test_one_wrong_question_rejects_all(ledger, cells, message):
    ledger.ask(1, [("images/0.png", "effusion")])
    with pytest.raises(RejectedEntriesError, match=message):
        ledger.ask(1, [("images/3.png", "edema"), *cells])
    assert ledger.asked() == [("images/0.png", "effusion")]


def test_rounds_follow_one_another(ledger):
    cell = [("images/0.png", "effusion")]
    for wrong in (0, 2, -1):
        with pytest.raises(LedgerError, match=f"cannot ask in round {wrong}; after round 0 ask in 1"):
            ledger.ask(wrong, cell)
    ledger.ask(1, cell)
    ledger.ask(2, cell)
    with pytest.raises(LedgerError, match="cannot ask in round 1; after round 2 ask in 2 or 3"):
        ledger.ask(1, [("images/1.png", "effusion")])
    for ask in (ledger.frame, ledger.asked, ledger.verdicts):
        with pytest.raises(LedgerError, match="has no round 3; its last one is 2"):
            ask(3)
    assert ledger.asked() == cell


def test_nothing_is_no_step(ledger):
    with pytest.raises(LedgerError, match="no questions to record"):
        ledger.ask(1, [])
    with pytest.raises(LedgerError, match="no verdicts to record"):
        ledger.record([])
    with pytest.raises(LabelError, match="time 'noon' is not ISO 8601"):
        ledger.ask(1, [("images/0.png", "effusion")], time="noon")
    assert ledger.last_round == 0


def test_numbers_and_texts_of_numpy_are_plain_ones(ledger):
    ledger.ask(np.int64(1), [tuple(np.array(["images/0.png", "effusion"]))])
    ledger.record([verdict(round=np.int64(1), state=np.str_("negative"))])
    assert ledger.unrecorded([verdict()]) == []
    with pytest.raises(LabelError, match=r"round is .1. for effusion of .*; give a whole number"):
        verdict(round="1")


TABLES = ("study_table", "images", "batches", "questions", "verdicts")


@pytest.mark.parametrize("table_name", TABLES)
@pytest.mark.parametrize(
    "statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "INSERT OR REPLACE INTO {0} SELECT * FROM {0}"]
)
def test_the_file_itself_refuses_changes(ledger, table_name, statement):
    ledger.ask(1, [("images/0.png", "effusion")])
    ledger.record([verdict()])
    raw = sqlite3.connect(ledger.path)
    column = raw.execute(f"SELECT name FROM pragma_table_info('{table_name}')").fetchone()[0]
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(statement.format(table_name, column))
    raw.close()


def test_the_file_itself_takes_no_verdict_without_a_question(ledger):
    ledger.ask(1, [("images/0.png", "effusion")])
    raw = sqlite3.connect(ledger.path)
    for cell in ((1, 1, "effusion"), (2, 0, "effusion"), (1, 0, "edema")):
        with pytest.raises(sqlite3.IntegrityError, match="nobody was asked"):
            raw.execute("INSERT INTO verdicts VALUES (?, ?, ?, 'R1', 'negative', '', '', '', 2)", cell)
    raw.close()


def test_a_table_that_is_none_is_refused(tmp_path, table):
    twice = table.set_axis([*table.columns[:-1], "effusion"], axis=1)
    for wrong, message in [
        (table.assign(effusion="yes"), "effusion is 'yes'"),
        (table.assign(comment=1), "column comment holds more than text; read the table with read_study_table"),
        (twice, "column effusion appears more than once"),
    ]:
        with pytest.raises(TableError, match=message):
            Ledger.create(tmp_path / "ledger.sqlite", wrong)
    assert not (tmp_path / "ledger.sqlite").exists()
