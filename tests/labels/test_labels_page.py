"""The page docs/reference/labels.md says what the code does."""

import re
from pathlib import Path
from string import ascii_lowercase

from lucency.labels import vocabulary
from support import run_snippets

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "labels.md").read_text(encoding="utf-8")


def vocabulary_lines():
    """Rows of the vocabulary table, and the references below it, as the page must show them."""
    letters: dict[str, str] = {}
    rows = []
    for finding in vocabulary():
        codes = []
        for code in (finding.snomed, finding.radlex, finding.dicom):
            letter = letters.setdefault(code.source, ascii_lowercase[len(letters)]) if code else ""
            codes.append(f"{code.value} {code.meaning} ({letter})" if code else "")
        rows.append(f"| {' | '.join([finding.id, finding.parent or '', ' '.join(finding.names), *codes])} |")
    return rows, [f"- ({letter}) {source}" for source, letter in letters.items()]


def test_the_vocabulary_table_is_the_vocabulary():
    rows, references = vocabulary_lines()
    table = PAGE.split("| id | parent |")[1]
    shown = re.findall(r"^\| [a-z].*$", table, flags=re.MULTILINE)
    assert [re.sub(r" +", " ", row) for row in shown] == [re.sub(r" +", " ", row) for row in rows]
    assert re.findall(r"^- \([a-z]\) .*$", table, flags=re.MULTILINE) == references


def test_the_snippets_run():
    run_snippets(PAGE)
