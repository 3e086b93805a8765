"""Verdicts from CSV: all recorded, or all rejected with the lines named and the ledger as it was."""

import hashlib

import pytest

from lucency.errors import LucencyError, TableError
from lucency.refine import Ledger
from lucency.refine.worklists import RejectedVerdictsError, read_verdict_csv, record_verdicts
from lucency.refine.worklists.words import WORDS, state_of

HEADER = "image,finding,verdict,reader\n"
GOOD = HEADER + "a.dcm,effusion,absent,R1\na.dcm,mass,present,R1\nb.dcm,mass,cannot tell,R1\n"


def digest(site):
    with site.open() as ledger:  # what the ledger holds, whatever its file looks like
        history = ledger.history().to_csv() + ledger.rounds().to_csv()
    return hashlib.sha256(history.encode()).hexdigest()


def record(site, *texts, **options):
    """Import files of these contents."""
    files = []
    with site.open() as ledger:
        for number, text in enumerate(texts):
            path = site.folder / f"reads{number}.csv"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            files.append(read_verdict_csv(path, round=ledger.last_round, **options))
        return record_verdicts(ledger, files)


def test_a_filled_worklist_is_read(asked):
    path = asked.folder / "one" / "worklist.csv"
    header, *lines = path.read_text().splitlines()
    answers = ["Absent", "PRESENT", "uncertain ", "Cannot tell", "", " "]
    filled = [line.removesuffix(",,,") for line in lines]
    rows = [f"{line},{word},R1,2026-03-01T09:30:00+01:00" for line, word in zip(filled, answers, strict=True)]
    assert record(asked, "\n".join([header, *rows]) + "\n") == (4, 0)
    with asked.open() as ledger:
        said = {(entry.image, entry.finding): entry for entry in ledger.verdicts()}
    columns = header.split(",")
    for row in rows[:4]:
        cells = dict(zip(columns, row.split(","), strict=True))
        entry = said[cells["image"], cells["finding"]]
        word = cells["verdict"].strip().lower()
        assert (entry.state, entry.reader, entry.round) == (WORDS[word].value, "R1", 1)
        assert (entry.source, entry.time) == ("reads0.csv", "2026-03-01T08:30:00+00:00")
        assert entry.reason == ("cannot tell" if word == "cannot tell" else "")
    unanswered = read_verdict_csv(asked.folder / "reads0.csv", round=1).unanswered
    assert unanswered == 2


def test_every_word_has_one_declared_meaning():
    assert {word: state_of(word).value for word in WORDS} == {
        "present": "positive",
        "positive": "positive",
        "absent": "negative",
        "negative": "negative",
        "uncertain": "uncertain",
        "cannot tell": "uncertain",
    }


def test_the_reader_of_a_file_that_names_none_is_given(asked):
    text = "image,finding,verdict\na.dcm,mass,present\n"
    with pytest.raises(RejectedVerdictsError, match=r"reads0.csv line 2 \(no reader; .*--reader\)"):
        record(asked, text)
    assert record(asked, text, reader="R7") == (1, 0)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x.dcm,mass,present,R1", "unknown image 'x.dcm'"),
        ("a.dcm,masss,present,R1", "unknown finding 'masss' of 'a.dcm'; did you mean 'mass'?"),
        ("a.dcm,edema,present,R1", "edema of 'a.dcm' was not asked in round 1"),
        ("c.dcm,mass,present,R1", "mass of 'c.dcm' was not asked in round 1"),
        ("a.dcm,mass,absent,R1", "a second verdict of reader 'R1' on mass of 'a.dcm', beside reads0.csv line 3"),
        ("a.dcm,mass,present,R1", "a second verdict of reader 'R1' on mass of 'a.dcm', beside reads0.csv line 3"),
        ("e.png,mass,Presnt,R1", "unknown verdict 'Presnt'; did you mean 'present'?"),
        ("e.png,mass,yes,R1", "unknown verdict 'yes'; use present"),
        ("e.png,mass,unmentioned,R1", "unknown verdict 'unmentioned'"),
        ("e.png,mass,present, R1", "give a name without blanks around it"),
        ("e.png,mass,present", "3 cells, the header has 4"),
        ("e.png,mass,present,R1,more", "5 cells, the header has 4"),
    ],
)
def test_one_wrong_line_rejects_all(asked, line, reason):
    before = digest(asked)
    with pytest.raises(RejectedVerdictsError) as error:
        record(asked, GOOD + line + "\n")
    assert list(error.value.reasons) == ["reads0.csv line 5"]
    assert reason in error.value.reasons["reads0.csv line 5"]
    assert "reads0.csv line 5" in str(error.value)
    assert "\n" not in str(error.value)
    assert digest(asked) == before
    assert record(asked, GOOD) == (3, 0)  # without that line


def test_all_wrong_lines_are_named(asked):
    text = GOOD + "x.dcm,mass,present,R1\nc.dcm,mass,absent,R1\n"
    with pytest.raises(RejectedVerdictsError, match="2 verdicts are wrong, so that none is recorded") as error:
        record(asked, text)
    assert list(error.value.reasons) == ["reads0.csv line 5", "reads0.csv line 6"]


def test_a_wrong_line_in_one_file_rejects_the_others(asked):
    before = digest(asked)
    with pytest.raises(RejectedVerdictsError, match=r"reads1\.csv line 2") as error:
        record(asked, GOOD, HEADER + "a.dcm,mass,absent,R1\n")
    assert "beside reads0.csv line 3" in str(error.value)
    assert digest(asked) == before


def test_a_later_verdict_of_the_same_reader_is_rejected(asked):
    record(asked, GOOD)
    before = digest(asked)
    with pytest.raises(RejectedVerdictsError, match=r"reader 'R1' has said positive of mass of 'a\.dcm' in round 1"):
        record(asked, HEADER + "e.png,mass,absent,R1\na.dcm,mass,absent,R1\n")
    assert digest(asked) == before


def test_a_file_that_grows_is_imported_again(asked):
    assert record(asked, GOOD) == (3, 0)
    assert record(asked, GOOD) == (0, 3)
    assert record(asked, GOOD + "e.png,mass,absent,R1\na.dcm,mass,absent,R2\n") == (2, 3)


def test_wherever_a_file_is_cut_off_it_is_rejected(asked):
    text = (
        HEADER.replace("\n", ",time\n") + 'a.dcm,mass,present,R1,2026-03-01T08:30:00+00:00\n"b.dcm",mass,absent,R1,\n'
    )
    before, path = digest(asked), asked.folder / "cut.csv"
    for end in range(len(text)):
        path.write_text(text[:end])
        if text[:end].endswith("\n"):  # then it is a shorter file, whose questions stay open
            continue
        with pytest.raises(LucencyError, match=r"cut.csv"):
            read_verdict_csv(path, round=1)
    path.write_text(text)
    assert len(read_verdict_csv(path, round=1).verdicts) == 2
    assert digest(asked) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image;finding;verdict\n", "line 1: column image, finding, verdict is missing; separate cells by commas"),
        ("image,verdict\n", "line 1: column finding is missing; keep the header of the worklist"),
        ("", "is empty"),
        (HEADER, "has no row below its header, so the file may be cut off"),
        ("image,finding,verdict,image\n", "line 1: column image appears more than once"),
        ("image,finding,verdict\na.dcm,mass,pres", "line 2 has no end, so the file may be cut off"),
        ('image,finding,verdict\n"a.dcm,mass,present\n', "line 2: unexpected end of data; is the file cut off"),
        (b"image,finding,verdict\na\xff,mass,present\n", "is not UTF-8 from byte 23 on"),
    ],
)
def test_what_is_no_verdict_table_is_refused(asked, text, message):
    with pytest.raises(TableError, match=message):
        record(asked, text)


@pytest.mark.parametrize("encoded", ["\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("\n", "\n\n")])
def test_a_spreadsheet_s_marks_do_no_harm(asked, encoded):
    assert record(asked, encoded) == (3, 0)


def test_late_answers_to_an_earlier_round_name_it(asked):
    with asked.open() as ledger:
        asked.begin(ledger, "two", budget=1, unit="entry")
        ((image, finding),) = ledger.asked(2)
    text = f"round,{HEADER}1,a.dcm,mass,present,R1\n2,{image},{finding},absent,R1\n"
    assert record(asked, text) == (2, 0)
    with pytest.raises(RejectedVerdictsError, match=r"reads0\.csv line 2 \(round is 'two'"):
        record(asked, f"round,{HEADER}two,a.dcm,mass,present,R2\n")
    with pytest.raises(RejectedVerdictsError, match=r"reads0\.csv line 2 \(round is '9{5000}'"):
        record(asked, f"round,{HEADER}{'9' * 5000},a.dcm,mass,present,R2\n")


def test_what_another_process_records_meanwhile_does_not_count_as_added(asked, monkeypatch):
    record(asked, GOOD)
    monkeypatch.setattr(Ledger, "unrecorded", lambda self, verdicts: list(verdicts))  # looked before the other wrote
    assert record(asked, GOOD) == (0, 3)
