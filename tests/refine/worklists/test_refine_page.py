"""The page docs/how-to/refine-labels.md: its commands work, its tables and messages are as they stand."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
from typer.testing import CliRunner

from lucency.commands.refine import app
from lucency.data import read_study_table
from lucency.errors import LucencyError
from lucency.refine import Ledger
from lucency.refine.select import METHODS
from lucency.refine.worklists import WORDS, read_verdict_csv, record_verdicts
from lucency.results.model_identity import ModelIdentity
from lucency.results.schema import FindingResult, ImageResult
from lucency.results.source_header import source_header
from lucency.results.structured_report import structured_report
from references.dicom_files import dataset_of

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "refine-labels.md").read_text(encoding="utf-8")
TABLE = "image,patient,study,view,age,sex,source,effusion,mass\n"
FINDINGS = ("effusion", "mass")


def run(words):
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def commands(verb):
    """Words of every command of a verb on the page."""
    return [shlex.split(line) for line in re.findall(rf"^lucency refine ({verb} .*)$", PAGE, re.MULTILINE)]


@pytest.fixture
def site(tmp_path, monkeypatch):
    """What the page's commands find."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for folder in ("images", "reports", "RUN"):
        Path(folder).mkdir()
    rows, entries = [], []
    for number in range(60):
        name = f"images/{number:02}.dcm" if number else "images/a.dcm"
        states = random.choice(["positive", "negative"], 2)
        rows.append(f"{name},p{number},{number},PA,50,F,nih,{','.join(states)}\n")
        about = {"StudyInstanceUID": f"1.2.{number}", "SeriesInstanceUID": f"1.2.{number}.1"}
        dataset = dataset_of(np.zeros((2, 2), np.uint8), SOPInstanceUID=f"1.2.{number}.1.1", **about)
        dataset.save_as(name, enforce_file_format=True)
        for finding, state in zip(FINDINGS, states, strict=True):
            p, second = random.random(2)
            entries.append((name, finding, int(state == "positive"), p, second, True, p > 0.1))
    Path("table.csv").write_text(TABLE + "".join(rows))
    columns = ["image", "finding", "observed", "probability", "probability_second", "kept", "kept_second"]
    frame = pd.DataFrame(entries, columns=columns)
    frame.to_parquet("RUN/entries.parquet", index=False)
    wide = frame.pivot(index="image", columns="finding", values="probability").add_prefix("probability_")
    wide.rename_axis("file").reset_index().to_csv("scores.csv", index=False)


def test_the_commands_make_a_round(site):
    pytest.importorskip("cleanlab")
    pytest.importorskip("highdicom")
    for words in commands("rank"):
        run(words)
        assert Path(words[words.index("--out") + 1]).exists()
    (words,) = commands("worklist")
    run(words)
    files = re.findall(r"^\| (`[\w.]+`(?:, `[\w.]+`)?) \| .* \|$", PAGE, re.MULTILINE)
    listed = [name for cell in files for name in re.findall(r"`([\w.]+\.\w+)`", cell)]
    assert sorted(listed) == sorted(path.name for path in Path("worklist").iterdir())
    header = pd.read_csv("worklist/worklist.csv").columns
    (described,) = re.findall(r"^\| `worklist.csv` \| (.*) \|$", PAGE, re.MULTILINE)
    assert re.findall(r"`(\w+)`", described) == list(header)

    Path("reads.csv").write_text("image,finding,verdict,reader\nimages/01.dcm,mass,present,R1\n")
    tasks = json.loads(Path("worklist/label_studio.json").read_text())
    for task in tasks:
        task["annotations"] = []
    choice = {"from_name": "mass", "value": {"choices": ["absent"]}}
    tasks[0]["annotations"] = [{"completed_by": 7, "result": [choice]}]
    Path("export.json").write_text(json.dumps(tasks))
    decided = [
        FindingResult(finding=finding, probability=0.5, raw_probability=0.5, decision="present") for finding in FINDINGS
    ]
    model = ModelIdentity(name="bundle", version="1", findings=FINDINGS, weights_sha256=None)
    report = structured_report(
        ImageResult(file="a.dcm", status="ok", findings=decided), source_header("images/a.dcm"), model
    )
    report.save_as("reports/a.dcm", enforce_file_format=True)
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(compile(snippet, "refine-labels.md", "exec"), {})
    assert pydicom.dcmread("judged.dcm").Modality == "SR"
    for words in commands("import"):
        run(words)
    with Ledger.open("labels.sqlite") as ledger:
        said = {(one.image, one.finding, one.reader): one.state for one in ledger.verdicts()}
    assert said["images/a.dcm", "effusion", "R1"] == "negative"
    assert said["images/a.dcm", "mass", "R1"] == "positive"
    assert said["images/01.dcm", "mass", "R1"] == "positive"
    assert said[tasks[0]["data"]["lucency_image"], "mass", "label-studio-7"] == "negative"
    assert Path("cleaner.csv").exists()
    assert Path("labels.conflicts.csv").exists()

    assert f"{len({cell[:2] for cell in said})} answered" in run(*commands("status"))
    (words,) = commands("train")
    bundle = ROOT / words[1]
    assert (bundle / "configs" / "train.yaml").exists()
    run([words[0], str(bundle), *words[2:], "--table-only"])
    assert len(read_study_table("PHASE2/trusted.csv")) == 60


def test_every_word_and_method_is_listed():
    section = PAGE.split("| word | state |")[1].split("\n\n")[0]
    for word, state in WORDS.items():
        (row,) = [line for line in section.splitlines() if f"`{word}`" in line]
        assert row.split("|")[2].split(";")[0].strip() == state.value
    (methods,) = re.findall(r"^- \[Methods\].*?(?=^- )", PAGE, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`(\w+)`", methods)) == set(METHODS)


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """A ledger of three images, of which two were asked about."""
    monkeypatch.chdir(tmp_path)
    rows = [f"images/{name}.png,p,1,PA,50,F,nih,positive,negative\n" for name in "abc"]
    Path("table.csv").write_text(TABLE + "".join(rows))
    with Ledger.create("labels.sqlite", read_study_table("table.csv", check_files=False)) as made:
        made.ask(1, [(f"images/{name}.png", finding) for name in "ab" for finding in FINDINGS])
        yield made


def test_the_table_of_verdicts_is_read(ledger):
    (text,) = re.findall(r"```csv\n(.*?)```", PAGE, flags=re.DOTALL)
    Path("reads.csv").write_text(text)
    assert record_verdicts(ledger, [read_verdict_csv("reads.csv", round=1)]) == (3, 0)
    assert [one.reason for one in ledger.verdicts()].count("cannot tell") == 1


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("unknown image", ["images/x.png,mass,present,R1\n"]),
        ("not asked", ["images/c.png,mass,present,R1\n"]),
        ("two verdicts", ["images/a.png,mass,present,R1\n", "images/a.png,mass,absent,R1\n"]),
        ("another word", ["images/a.png,mass,yes,R1\n"]),
        ("cut off", ["images/a.png,mass,pres"]),
    ],
)
def test_the_messages_are_as_quoted(ledger, kind, lines):
    (quoted,) = re.findall(rf"^\| {kind} \| `(.*)` \|$", PAGE, flags=re.MULTILINE)
    Path("reads.csv").write_text("image,finding,verdict,reader\n" + "".join(lines))
    with pytest.raises(LucencyError, match=re.escape(quoted)):
        record_verdicts(ledger, [read_verdict_csv("reads.csv", round=1)])
    assert ledger.verdicts() == []
