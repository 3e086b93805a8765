"""Worklists: blind, in no telling order, referring to DICOM, and asked once."""

import csv
import json
from xml.etree import ElementTree

import pytest

from lucency.errors import LucencyError
from lucency.refine import LabelEntry, LedgerError
from lucency.refine.worklists import write_worklist


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_form_has_the_questions_of_the_ledger(asked):
    with asked.open() as ledger:
        cells = set(ledger.asked(1))
    assert len(cells) == 6
    for name in ("worklist.csv", "dicom.csv"):
        assert {(row["image"], row["finding"]) for row in rows(asked.folder / "one" / name)} == cells
    for row in rows(asked.folder / "one" / "worklist.csv"):
        assert (row["round"], row["verdict"], row["reader"], row["time"]) == ("1", "", "", "")
    assert rows(asked.folder / "one" / "worklist.csv")[0]["question"] in ("Pleural effusion?", "Mass?")


def test_no_form_holds_a_probability_a_rank_a_label_or_a_person(asked):
    written = "".join(path.read_text() for path in sorted((asked.folder / "one").iterdir())).lower()
    for word in ("score", "rank", "probab", "positive", "negative", "unmentioned", "secret", "p1", "patient"):
        assert word not in written, word


def test_the_label_is_shown_where_it_is_asked_for(site):
    with site.open() as ledger:
        site.begin(ledger, "one", budget=2, unit="entry")
        shown = write_worklist(ledger, site.folder / "one.csv", site.folder / "shown", show_label=True)
    assert shown.repeated
    table = site.frame.set_index("image")
    for row in rows(site.folder / "shown" / "worklist.csv"):
        assert row["label"] == table.at[row["image"], row["finding"]]
    interface = ElementTree.parse(site.folder / "shown" / "label_studio.xml")
    assert "$label" in [header.get("value") for header in interface.iter("Header")]
    for task in json.loads((site.folder / "shown" / "label_studio.json").read_text()):
        image = task["data"]["lucency_image"]
        assert task["data"]["label"].endswith(f": {table.at[image, task['data']['finding']]}")


def test_the_order_follows_from_the_seed_and_not_from_the_rank(site):
    orders = {}
    with site.open() as ledger:
        site.begin(ledger, "one", budget=6)
        for seed in (0, 0, 1, 2):
            folder = site.folder / f"seed{seed}"
            questions = write_worklist(ledger, site.folder / "one.csv", folder, seed=seed).questions
            images = list(dict.fromkeys(question.image for question in questions))
            assert orders.setdefault(seed, images) == images
            assert [question.finding for question in questions] == ["effusion", "mass", "edema"] * 6
    assert len({tuple(order) for order in orders.values()}) == 3


@pytest.mark.filterwarnings("ignore:budget of 6 images")
def test_an_image_is_asked_with_every_finding_that_was_not_asked_yet(asked):
    with asked.open() as ledger:
        asked.begin(ledger, "two", budget=6)
        second = set(ledger.asked(2))
        everything = {(image, finding) for image in asked.frame["image"] for finding in ledger.findings}
        assert second == everything - set(ledger.asked(1)) - {("a.dcm", "edema")}  # whose label is unknown


def test_dicom_files_are_referred_to_and_others_say_that_they_are_none(asked):
    for row in json.loads((asked.folder / "one" / "dicom.json").read_text()):
        if row["image"] == "e.png":
            assert (row["SOPInstanceUID"], row["note"]) == ("", "no DICOM file")
        else:
            number = "ab".index(row["image"][0])
            assert row["StudyInstanceUID"] == f"1.2.{number}"
            assert row["SeriesInstanceUID"] == f"1.2.{number}.1"
            assert row["SOPInstanceUID"] == f"1.2.{number}.1.1"
            assert row["SOPClassUID"] == "1.2.840.10008.5.1.4.1.1.1.1"
            assert row["note"] == ""


def test_a_missing_image_ends_it_before_anything_is_asked(site):
    (site.folder / "e.png").unlink()
    with site.open() as ledger:
        with pytest.raises(LucencyError, match=r"has no file e.png; .*--image-root.*--no-dicom"):
            site.begin(ledger, "one", budget=6)
        assert ledger.last_round == 0
        assert not (site.folder / "one").exists()
        written = write_worklist(ledger, site.folder / "one.csv", site.folder / "one", dicom=False)
    assert sorted(path.name for path in written.files) == ["label_studio.json", "label_studio.xml", "worklist.csv"]


def test_a_rerun_is_recognised_and_what_a_reader_wrote_is_kept(site):
    with site.open() as ledger:
        first = site.begin(ledger, "one", budget=2)
        again = write_worklist(ledger, site.folder / "one.csv", site.folder / "one")
        assert (first.repeated, again.repeated) == (False, True)
        assert first.questions == again.questions
        assert ledger.rounds()["asked"].tolist() == [6]
        path = site.folder / "one" / "worklist.csv"
        path.write_text(filled := path.read_text().replace(",,,\n", ",absent,R1,\n"))
        with pytest.raises(LucencyError, match=r"worklist.csv: is there with other content, perhaps verdicts"):
            write_worklist(ledger, site.folder / "one.csv", site.folder / "one")
        assert path.read_text() == filled


def test_a_run_that_ended_before_the_ledger_is_repeated(site, monkeypatch):
    with site.open() as ledger:
        monkeypatch.setattr(type(ledger), "ask", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            site.begin(ledger, "one", budget=2)
        monkeypatch.undo()
        assert ledger.last_round == 0
        written = write_worklist(ledger, site.folder / "one.csv", site.folder / "one")
        assert not written.repeated
        assert ledger.last_round == 1


def test_a_ranking_whose_round_was_asked_otherwise_is_refused(site):
    with site.open() as ledger:
        site.begin(ledger, "one", budget=1)
        (site.folder / "old.csv").write_bytes((site.folder / "one.csv").read_bytes())
        (site.folder / "old.json").write_bytes((site.folder / "one.json").read_bytes())
        ledger.ask(1, [("a.dcm", "edema")])
        with pytest.raises(LedgerError, match="round 1 asks other questions than this ranking"):
            write_worklist(ledger, site.folder / "old.csv", site.folder / "old")
        site.begin(ledger, "two", budget=1)
        with pytest.raises(LedgerError, match="is in round 2, the ranking is for round 1; rank again"):
            write_worklist(ledger, site.folder / "old.csv", site.folder / "old")


def test_verdicts_between_ranking_and_worklist_do_not_matter(asked):
    with asked.open() as ledger:
        asked.begin(ledger, "two", budget=1, unit="entry")
        said = LabelEntry(image="a.dcm", finding="mass", state="positive", source="", reader="R1", round=1)
        ledger.record([said])
        assert write_worklist(ledger, asked.folder / "two.csv", asked.folder / "again").repeated
