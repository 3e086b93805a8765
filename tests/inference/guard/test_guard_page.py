"""The page docs/reference/guard.md says what the code does and what the record holds."""

import re
from pathlib import Path

import pytest
import yaml

from lucency.inference.guard import Rules, read_rules
from lucency.inference.guard.image_check import MODEL
from support import run_snippets

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "guard.md").read_text(encoding="utf-8")
RECORD = yaml.safe_load(MODEL.with_suffix(".yaml").read_text(encoding="utf-8"))


def test_the_snippet_runs():
    run_snippets(PAGE)


def test_the_configuration_is_accepted():
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert read_rules(yaml.safe_load(text)["guard_rules"]).view.missing == "refuse"


def test_the_table_of_rules_shows_the_defaults():
    rows = {cells[0].strip("`"): cells for cells in cells_of(PAGE.split("## Rules")[1]) if cells[0].startswith("`")}
    assert list(rows) == list(Rules.model_fields)
    for name, rule in Rules():
        outcomes = [getattr(rule, part, "") for part in ("other", "missing", "contradicted")]
        assert [cell.strip() for cell in rows[name][3:]] == outcomes
        listed = rows[name][2].split(", ")
        assert len(listed) == len(getattr(rule, "allowed", listed))
        if name not in ("sop_class", "age"):
            assert listed == list(getattr(rule, "allowed", listed))


@pytest.mark.parametrize("name", RECORD["measured"])
def test_every_figure_is_the_records(name):
    row = RECORD["measured"][name]
    interval = f"{row['low']:.1%} to {row['high']:.1%}"
    wanted = [name, str(row["images"]), f"{row['flagged']:.1%}", interval, f"{row['refused']:.1%}"]
    assert wanted in cells_of(PAGE.split("### Measured")[1])


def test_thresholds_and_sizes_are_the_records():
    thresholds, text = RECORD["thresholds"], " ".join(PAGE.split())
    assert f'"something else" has more than {thresholds["other"]}' in text
    assert f"what it shows, with more than {thresholds['sure']}" in text
    assert f'"upright" has less than {thresholds["upright"]}' in text
    for name, count in RECORD["trained_on"].items():
        assert f"{count} {name.removeprefix('other: ')}" in text


def cells_of(text):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
