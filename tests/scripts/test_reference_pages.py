"""The pages of keys and verbs are those that the script makes."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- made by scripts/reference_pages.py -->", "<!-- until here -->"


@pytest.mark.parametrize("page", ["configuration", "commands"])
def test_the_page_is_what_the_code_says_today(page):
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "reference_pages.py", page], capture_output=True, text=True, check=True
    ).stdout
    held = (ROOT / "docs" / "reference" / f"{page}.md").read_text().partition(BEGIN)[2].partition(END)[0]
    assert held.strip() == made.strip(), f"run: python scripts/reference_pages.py docs/reference/{page}.md"


def test_every_bundle_and_every_verb_is_there():
    from lucency.cli import VERBS

    keys, verbs = ((ROOT / "docs" / "reference" / f"{page}.md").read_text() for page in ("configuration", "commands"))
    choices = {path.parent.name for path in ROOT.glob("bundles/*/configs/*/*.yaml")}
    assert all(f"--{choice} " in keys for choice in choices)
    assert all(f"## lucency {verb}\n" in verbs for verb in VERBS)
