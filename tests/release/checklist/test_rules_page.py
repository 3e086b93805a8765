"""docs/reference/bundle-rules.md is what the rules say."""

from pathlib import Path

from lucency.release.checklist import RULES, rules_page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "bundle-rules.md"


def test_the_page_is_made_of_the_rules():
    assert PAGE.read_text(encoding="utf-8") == rules_page(), "lucency bundle rules > docs/reference/bundle-rules.md"


def test_every_rule_is_on_it_once():
    rows = [line for line in rules_page().splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [rule.id for rule in RULES]
    assert all(row.count("|") == 5 for row in rows)
