"""The commands over files: rank, worklist, import, status, and the table that phase 2 trains on."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from lucency.commands.refine import app
from lucency.data import read_study_table
from lucency.errors import ConfigError, LucencyError, TableError
from lucency.refine import Ledger
from lucency.refine.trusted import trusted_table
from lucency.refine.worklists import RejectedVerdictsError

FINDINGS = ["effusion", "mass"]
PATIENT = "patient-0815"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Twelve images, their noisy table, and entries of a run on it."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    about = {"study": "", "view": "PA", "age": "50", "sex": "F", "source": "made", "split": "train"}
    frame = pd.DataFrame({"image": [f"{at:02}.png" for at in range(12)], "patient": PATIENT}).assign(**about)
    entries = []
    for finding in FINDINGS:
        frame[finding] = np.where(random.random(12) < 0.5, "positive", "negative")
        numbers = {name: random.random(12) for name in ("probability", "probability_second")}
        kept = {name: random.random(12) < 0.7 for name in ("kept", "kept_second")}
        observed = frame[finding].eq("positive").astype(np.int8)
        entries.append(frame[["image"]].assign(finding=finding, observed=observed, **numbers, **kept))
    frame.to_csv("table.csv", index=False)
    pd.concat(entries).to_parquet("entries.parquet", index=False)
    for image in frame["image"]:
        Path(image).write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path


def rank(*options):
    return run("rank", "--ledger", "labels.sqlite", "--entries", "entries.parquet", *options)


def answer(folder, words, reader="R1"):
    """Fill a worklist in, with one word after the other."""
    with Path(folder, "worklist.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row |= {"verdict": words[number % len(words)], "reader": reader}
    pd.DataFrame(rows).to_csv(f"{reader}.csv", index=False)
    return rows


def test_two_rounds(site):
    first = rank("--table", "table.csv", "--budget", 3)
    assert "ranking.csv: 3 images for round 1; settings in ranking.json" in first.output
    written = run("worklist", "--ranking", "ranking.csv", "--ledger", "labels.sqlite", "--out", "one")
    assert "one: round 1, 6 questions about 3 images, 0 of them DICOM, blind; worklist.csv" in written.output
    again = run("worklist", "--ranking", "ranking.csv", "--ledger", "labels.sqlite", "--out", "one")
    assert "they were in the ledger already" in again.output
    answer("one", ["present", "absent"], "R1")
    answer("one", ["present", ""], "R2")
    answer("one", ["absent", ""], "R3")
    imported = run("import", "R1.csv", "R2.csv", "R3.csv", "--ledger", "labels.sqlite", "--table", "now.csv")
    assert "labels.sqlite: 12 verdicts added, 0 were there already; 6 questions left open" in imported.output
    assert "labels.conflicts.csv: 3 labels on which readers differ" in imported.output
    assert len(pd.read_csv("labels.conflicts.csv")) == 9
    with Ledger.open("labels.sqlite", read_only=True) as ledger:
        pd.testing.assert_frame_equal(read_study_table("now.csv", check_files=False), ledger.frame())
        asked = set(ledger.asked())
        changed = int(ledger.frame(as_of_round=0)[FINDINGS].ne(ledger.frame()[FINDINGS]).to_numpy().sum())
    status = run("status", "--ledger", "labels.sqlite")
    assert f"6 questions in 1 rounds, 6 answered, {changed} labels changed, 0 filled, by majority" in status.output
    assert changed <= len(asked)
    rank("--budget", 3, "--out", "two.csv")
    run("worklist", "--ranking", "two.csv", "--ledger", "labels.sqlite", "--out", "two")
    with Ledger.open("labels.sqlite", read_only=True) as ledger:
        assert not asked & set(ledger.asked(2))
    for output in (first, written, again, imported, status):
        assert PATIENT not in output.output


def test_images_are_found_from_a_table_in_another_folder(site):
    rank("--table", "table.csv", "--budget", 3)
    run("worklist", "--ranking", "ranking.csv", "--ledger", "labels.sqlite", "--out", "one")
    answer("one", ["present"])
    Path("deep/down").mkdir(parents=True)
    run("import", "R1.csv", "--ledger", "labels.sqlite", "--table", "deep/down/now.csv")
    table = read_study_table("deep/down/now.csv")  # looks for the images
    assert table["image"].tolist() == [f"../../{image}" for image in pd.read_csv("table.csv")["image"]]


def test_the_table_that_the_ledger_began_with_is_not_written_over(site):
    rank("--table", "table.csv", "--budget", 3)
    run("worklist", "--ranking", "ranking.csv", "--ledger", "labels.sqlite", "--out", "one")
    answer("one", ["present"])
    before = (site / "table.csv").read_text()
    with pytest.raises(ConfigError, match=r"table.csv: holds the labels that the ledger began with; give --table"):
        run("import", "R1.csv", "--ledger", "labels.sqlite", "--table", "table.csv")
    assert (site / "table.csv").read_text() == before
    with Ledger.open("labels.sqlite", read_only=True) as ledger:
        assert ledger.verdicts() == []


def test_rejected_verdicts_leave_everything_as_it_was(site):
    rank("--table", "table.csv", "--budget", 3, "--unit", "entry")
    run("worklist", "--ranking", "ranking.csv", "--ledger", "labels.sqlite", "--out", "one")
    answer("one", ["present"])
    with Path("R1.csv").open("a") as file:
        file.write("1,x.png,mass,Mass?,present,R1,\n")
    with pytest.raises(RejectedVerdictsError, match=r"R1.csv line 5 \(unknown image 'x.png'\)"):
        run("import", "R1.csv", "--ledger", "labels.sqlite", "--table", "now.csv")
    with Ledger.open("labels.sqlite", read_only=True) as ledger:
        assert ledger.verdicts() == []
    assert not Path("now.csv").exists()
    assert not Path("labels.conflicts.csv").exists()


def test_an_export_of_label_studio_is_imported(site):
    rank("--table", "table.csv", "--budget", 2)
    run("worklist", "--ranking", "ranking.csv", "--ledger", "labels.sqlite", "--out", "one", "--url-prefix", "/files/")
    tasks = json.loads(Path("one/label_studio.json").read_text())
    assert {task["data"]["image"][:7] for task in tasks} == {"/files/"}
    choice = {"from_name": "mass", "type": "choices", "value": {"choices": ["uncertain"]}}
    for task in tasks:
        task["annotations"] = [{"completed_by": 3, "result": [choice]}, {"was_cancelled": True, "result": []}]
    Path("export.json").write_text(json.dumps(tasks))
    done = run("import", "export.json", "--ledger", "labels.sqlite")
    assert "2 verdicts added, 0 were there already; 0 questions left open, 2 annotations cancelled" in done.output


def test_a_second_reader_decides(site):
    rank("--table", "table.csv", "--budget", 1, "--unit", "entry")
    run("worklist", "--ranking", "ranking.csv", "--ledger", "labels.sqlite", "--out", "one", "--no-dicom")
    (row,) = answer("one", ["present"], "R1")
    answer("one", ["absent"], "R2")
    for options, state in (([], "uncertain"), (["--adjudicator", "R1"], "positive")):
        run("import", "R1.csv", "R2.csv", "--ledger", "labels.sqlite", "--table", "now.csv", *options)
        assert read_study_table("now.csv").set_index("image").at[row["image"], row["finding"]] == state


@pytest.mark.parametrize("verb", ["import", "status", "train"])
def test_an_adjudicator_who_has_said_nothing_is_named(site, verb):
    rank("--table", "table.csv", "--budget", 1)
    run("worklist", "--ranking", "ranking.csv", "--ledger", "labels.sqlite", "--out", "one")
    answer("one", ["present"], "R1")
    options = {"import": ["R1.csv"], "status": [], "train": ["x", "--entries", "entries.parquet", "--table-only"]}[verb]
    options += ["--out", "two"] if verb == "train" else []
    run("import", "R1.csv", "--ledger", "labels.sqlite")
    for adjudicator, note in (("r1", "note: no verdict of 'r1' yet, only of R1\n"), ("R1", "")):
        assert run(verb, *options, "--ledger", "labels.sqlite", "--adjudicator", adjudicator).stderr == note


def test_scores_of_another_model_rank_too(site):
    frame = pd.read_csv("table.csv")
    scores = pd.DataFrame({"file": [str(site / image) for image in frame["image"]], "probability_mass": 0.25})
    scores.loc[3, "probability_mass"] = 0.99 if frame["mass"][3] == "negative" else 0.01
    scores.to_csv("scores.csv", index=False)
    options = ["--ledger", "labels.sqlite", "--table", "table.csv", "--scores", "scores.csv", "--image-root", site]
    run("rank", *options, "--budget", 1, "--unit", "entry")
    assert pd.read_csv("ranking.csv")[["image", "finding"]].values.tolist() == [["03.png", "mass"]]
    settings = json.loads(Path("ranking.json").read_text())["settings"]
    assert (settings["method"], settings["budget"], len(settings["scores"])) == ("cross_entropy", 1, 64)


def test_cleanlab_ranks(site):
    pytest.importorskip("cleanlab")
    done = rank("--table", "table.csv", "--budget", 4, "--unit", "entry", "--method", "cleanlab", "--quota", "mass=1")
    assert "4 entries for round 1" in done.output
    assert set(pd.read_csv("ranking.csv")["finding"]) == {"mass"}


def test_phase_two_trains_on_trusted_labels(site):
    rank("--table", "table.csv", "--budget", 3)
    run("worklist", "--ranking", "ranking.csv", "--ledger", "labels.sqlite", "--out", "one")
    answer("one", ["present", "absent"])
    run("import", "R1.csv", "--ledger", "labels.sqlite")
    options = ["--ledger", "labels.sqlite", "--entries", "entries.parquet", "--out", "phase2", "--table-only"]
    done = run("train", "no-bundle", *options)
    assert "phase2/trusted.csv: 12 images, 6 labels given by readers" in done.output
    table = read_study_table("phase2/trusted.csv")  # its images are found from there
    with Ledger.open("labels.sqlite") as ledger:
        read = {(one.image, one.finding) for one in ledger.verdicts()}
        expected = trusted_table(ledger.frame(), pd.read_parquet("entries.parquet"), read)
    assert table["image"].tolist() == [f"../{image}" for image in expected["image"]]
    pd.testing.assert_frame_equal(table[[*FINDINGS, "labelled"]], expected[[*FINDINGS, "labelled"]])


def test_phase_two_runs_the_bundle_on_that_table(site, monkeypatch):
    calls = []
    monkeypatch.setattr("lucency.bundle.run_bundle", lambda *bundle, **options: calls.append((bundle, options)))
    for group in ("phase", "loss"):
        Path("bundle/configs", group).mkdir(parents=True)
    for name in ("train", "phase/trusted", "loss/wan"):
        Path(f"bundle/configs/{name}.yaml").write_text("max_epochs: 1\n" if name == "train" else "{}")
    rank("--table", "table.csv", "--budget", 3)
    run(
        *("train", "bundle", "--ledger", "labels.sqlite", "--entries", "entries.parquet", "--out", "phase2"),
        *("--loss", "wan", "--max_epochs", 3),
    )
    ((bundle, options),) = calls
    with pytest.raises(ConfigError, match="override 'max_epoch': no such key; did you mean 'max_epochs'"):
        run(
            *("train", "bundle", "--ledger", "labels.sqlite", "--entries", "entries.parquet", "--out", "other"),
            *("--max_epoch", 3),
        )
    assert not Path("other").exists()
    assert bundle == (Path("bundle"), "train")
    assert options["groups"] == {"loss": "wan", "phase": "trusted"}
    assert options["overrides"] == {
        "table": str(site / "phase2" / "trusted.csv"),
        "ckpt_dir": str(site / "phase2"),
        "cache_dir": str(site / ".cache"),
        "max_epochs": 3,
    }


def test_when_everything_was_asked_nothing_is_left(site):
    done = rank("--table", "table.csv", "--budget", 13)
    assert "note: budget of 13 images, but only 12 may be asked; all are taken" in done.stderr
    run("worklist", "--ranking", "ranking.csv", "--ledger", "labels.sqlite", "--out", "one")
    with pytest.raises(ConfigError, match="nothing is left to ask of these labels; nothing is written"):
        rank("--budget", 1, "--out", "two.csv")
    assert not Path("two.csv").exists()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (["--budget", 3, "--scores", "scores.csv"], ConfigError, "either --entries or --scores"),
        (["--budget", 3, "--query-unknown"], ConfigError, "holds known labels alone; give --scores"),
        (["--budget", 3, "--out", "ranking.json"], ConfigError, "a ranking is a .csv file"),
        (["--budget", 0], ConfigError, "budget cannot be 0"),
        (["--budget", 3, "--method", "crossentropy"], ConfigError, "did you mean 'cross_entropy'"),
        (["--budget", 3, "--quota", "mass=much"], ConfigError, "--quota has 'mass=much'"),
        (["--budget", 3, "--method", "vog"], ConfigError, "vog needs it"),
    ],
)
def test_rank_refuses(site, options, error, message):
    with pytest.raises(error, match=message):
        rank("--table", "table.csv", *options)
    assert not Path("ranking.csv").exists()
    assert not Path("labels.sqlite").exists()


def test_a_ledger_of_another_table_is_refused(site):
    rank("--table", "table.csv", "--budget", 1)
    frame = pd.read_csv("table.csv", dtype=str)
    frame.loc[0, "mass"] = "uncertain"
    frame.to_csv("other.csv", index=False)
    with pytest.raises(TableError, match=r"is a ledger of another table than other\.csv"):
        rank("--table", "other.csv", "--budget", 1)


@pytest.mark.parametrize("verb", ["rank", "worklist", "import", "status", "train"])
def test_without_a_ledger_every_verb_says_so(site, verb):
    options = {
        "rank": ["--entries", "entries.parquet", "--budget", 1],
        "worklist": ["--ranking", "ranking.csv"],
        "import": ["R1.csv"],
        "status": [],
        "train": ["bundle", "--entries", "entries.parquet", "--out", "phase2", "--table-only"],
    }[verb]
    with pytest.raises(LucencyError, match=r"absent.sqlite: no such file"):
        run(verb, *options, "--ledger", "absent.sqlite")


def test_a_report_that_is_judged_needs_the_folder_of_the_reports(site):
    rank("--table", "table.csv", "--budget", 1)
    with pytest.raises(ConfigError, match="give the folder of the reports as --reports"):
        run("import", "judged.dcm", "--ledger", "labels.sqlite")


def test_a_ledger_without_rounds_says_how_to_begin(site):
    rank("--table", "table.csv", "--budget", 1)
    assert (
        "no round yet; lucency refine rank and worklist begin one" in run("status", "--ledger", "labels.sqlite").output
    )
