"""What every importer declares, and that the page says the same."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lucency.data.importers import IMPORTERS
from lucency.labels import LabelState, vocabulary
from support import run_snippets

REPOSITORY = Path(__file__).parents[3]
PAGE = REPOSITORY / "docs" / "reference" / "label-sources.md"
SCRIPT = REPOSITORY / "scripts" / "label_sources.py"
UNDECLARED = {"folder", "images", "table"}  # the user declares, or there are no raw values
VOCABULARY = {"nih": "nih14", "chexpert": "chexpert14"}  # where an archive's spellings stand under another name
DECLARATIONS = {name: importer.declaration for name, importer in IMPORTERS.items() if name not in UNDECLARED}


@pytest.mark.parametrize("name", DECLARATIONS)
def test_an_archive_is_declared_under_its_name(name):
    declaration = DECLARATIONS[name]
    assert declaration is not None
    assert declaration.source == name
    assert declaration.title
    assert declaration.reason
    assert declaration.reference


@pytest.mark.parametrize("name", DECLARATIONS)
def test_every_word_means_what_the_vocabulary_says(name):
    for word, finding in DECLARATIONS[name].words.items():
        assert vocabulary().find(VOCABULARY.get(name, name), word).id == finding


@pytest.mark.parametrize("name", DECLARATIONS)
def test_a_word_that_is_left_out_means_no_finding(name):
    known = {word for finding in vocabulary() for word in finding.names.get(VOCABULARY.get(name, name), ())}
    declaration = DECLARATIONS[name]
    assert not set(declaration.left_out) & known
    assert all(declaration.left_out.values())


@pytest.mark.parametrize("name", sorted(UNDECLARED & set(IMPORTERS)))
def test_where_nothing_is_raw_nothing_is_declared(name):
    assert IMPORTERS[name].declaration is None


def test_a_report_that_is_silent_denies_nothing():
    for name in ("nih", "chexpert", "mimic", "padchest", "openi"):
        if name in IMPORTERS:
            assert DECLARATIONS[name].silence == LabelState.UNMENTIONED


def test_the_page_holds_the_tables_of_the_declarations():
    printed = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=True).stdout
    for name, declaration in DECLARATIONS.items():
        assert f"| {name} | {declaration.title} | {len(declaration.findings)} | " in printed
    assert printed in PAGE.read_text(), f"run: python {SCRIPT.relative_to(REPOSITORY)} {PAGE.relative_to(REPOSITORY)}"


def test_the_script_mends_the_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(re.sub(r"^\| nih .*\n", "| nih | stale |\n", PAGE.read_text(), flags=re.MULTILINE))
    assert page.read_text() != PAGE.read_text()
    subprocess.run([sys.executable, SCRIPT, page], check=True)
    assert page.read_text() == PAGE.read_text()
    page.write_text("no place for tables")
    assert subprocess.run([sys.executable, SCRIPT, page], capture_output=True).returncode == 1
    assert page.read_text() == "no place for tables"


def test_the_snippet_of_the_page_runs():
    run_snippets(PAGE.read_text())


def test_the_page_says_of_every_archive_what_it_was_checked_on():
    checked = re.findall(r"^\| `(\w+)` \| ", PAGE.read_text().partition("## What was checked")[2], flags=re.MULTILINE)
    assert checked == list(DECLARATIONS)
