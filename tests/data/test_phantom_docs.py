"""The snippets of the phantom's page run as they stand."""

import re
from pathlib import Path

import pytest

from lucency.data.phantom.findings import SIGNS

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "phantom.md"


def test_snippets_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    snippets = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert snippets
    for snippet in snippets:
        exec(compile(snippet, str(PAGE), "exec"), {})
    assert str(Path("phantom/table.csv")) in capsys.readouterr().out
    assert len(list((tmp_path / "phantom" / "images").iterdir())) == 20


def test_every_finding_has_its_row() -> None:
    section = PAGE.read_text().split("## The signs")[1].split("\n## ")[0]
    named = re.findall(r"^\| ([a-z_]+) \| ", section, flags=re.MULTILINE)
    assert named[1:] == list(SIGNS)
