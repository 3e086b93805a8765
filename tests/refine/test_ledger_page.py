"""The page about the ledger: its snippets run, its output and its errors are as it says."""

import re
from pathlib import Path

import pytest

from lucency.data import check_study_table
from lucency.refine import LabelEntry, Ledger, RejectedEntriesError

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "ledger.md").read_text()
TABLE = """image,patient,study,view,age,sex,source,split,effusion,pneumothorax
images/a.png,00012,1,PA,61,F,nih,train,positive,unmentioned
images/b.png,00012,2,AP,61,F,nih,train,negative,uncertain
"""


@pytest.fixture
def names(tmp_path, monkeypatch):
    """What the names of the page's snippets stand for after all of them ran."""
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text(TABLE)
    names = {}
    for snippet in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(compile(snippet, "ledger.md", "exec"), names)
    return names


def test_the_snippets_run(names):
    check_study_table(names["labels"], "ledger.md")
    assert names["imported"]["effusion"].tolist() == ["positive", "negative"]
    assert names["labels"]["effusion"].tolist() == ["negative", "negative"]
    assert names["strict"]["effusion"].tolist() == ["uncertain", "negative"]
    for table, columns in re.findall(r"(conflicts|pairs) = .*  # ([\w, ()]+)\n", PAGE):
        assert list(names[table]) == re.sub(r" \(\w+\)", "", columns).split(", ")


def test_the_output_is_as_shown(names):
    (shown,) = re.findall(r"```text\n>>> (.*?)\n(.*?)```", PAGE, flags=re.DOTALL)
    assert str(eval(shown[0], names)).split() == shown[1].split()


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("unknown image", {"image": "images/x.png"}),
        ("unknown finding", {"finding": "efusion"}),
        ("not asked", {"finding": "pneumothorax"}),
        ("a reader's second verdict", {}),
        ("no verdict", {"state": "unmentioned"}),
    ],
)
def test_the_errors_are_as_quoted(names, kind, changed):
    (quoted,) = re.findall(rf"^\| {kind} \| `(?:\.\.\. )?(.*?)(?:; \.\.\.)?` \|$", PAGE, flags=re.MULTILINE)
    said = {
        "image": "images/a.png",
        "finding": "effusion",
        "state": "negative",
        "source": "",
        "reader": "R1",
        "round": 1,
    }
    with (
        Ledger.open("ledger.sqlite") as ledger,
        pytest.raises(RejectedEntriesError, match=re.escape(quoted)),
    ):
        ledger.record([LabelEntry(**{**said, **changed})])
