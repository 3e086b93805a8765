"""Codes against DICOM's own dictionaries, as pydicom ships them."""

import re
from pathlib import Path

import pytest
from pydicom.sr._concepts_dict import concepts

from lucency.labels import vocabulary
from lucency.labels.finding import Code
from lucency.results import codes

CONSTANTS = {name: value for name, value in vars(codes).items() if isinstance(value, Code)}
MEANINGS: dict[tuple[str, str], set[str]] = {("UMLS", "C0034375"): {"qualitative evaluations"}}  # TID 1500
GROUPS: dict[tuple[str, str], list[int]] = {}
for scheme, names in concepts.items():
    for entries in names.values():
        for value, (meaning, groups) in entries.items():
            MEANINGS.setdefault((scheme, value), set()).add(meaning.lower())
            GROUPS.setdefault((scheme, value), []).extend(groups)


@pytest.mark.parametrize("name", CONSTANTS)
def test_code_and_meaning_are_those_of_the_standard(name):
    code = CONSTANTS[name]
    if code.scheme == codes.PRIVATE_SCHEME:
        assert code.source.startswith("Lucency")
    else:
        assert code.meaning.lower() in MEANINGS[code.scheme, code.value]


def test_context_groups_are_those_named_as_source():
    named = {code: int(match[1]) for code in CONSTANTS.values() if (match := re.search(r"CID (\d+)", code.source))}
    assert len(named) >= 8
    assert all(group in GROUPS[code.scheme, code.value] for code, group in named.items())


def test_every_finding_has_one_code_of_its_own():
    found = [codes.finding_code(finding) for finding in vocabulary().ids]
    assert len({(code.scheme, code.value) for code in found}) == len(found)
    assert all(0 < len(code.meaning) <= 64 for code in found)


def test_the_page_lists_every_constant():
    page = Path(__file__).parents[2] / "docs" / "reference" / "results.md"
    text = page.read_text()
    if "99LUCENCY" not in text:
        pytest.skip("docs/reference/results.md does not describe the structured report")
    for code in CONSTANTS.values():
        assert f"{code.value}, {code.scheme}" in text, code
