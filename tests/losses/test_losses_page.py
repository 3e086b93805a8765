"""The page docs/reference/losses.md says what the code does."""

import inspect
import re
from pathlib import Path

import pytest
import yaml

from lucency.losses.reducers import REDUCERS
from references.losses.contract import EXPORTED, reference_of
from support import run_snippets

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "losses.md").read_text(encoding="utf-8")


def test_every_loss_of_the_page_exists_and_every_reduction_has_its_place():
    sections = set(re.findall(r"^## (\w+Loss)$", PAGE, flags=re.MULTILINE))
    assert sections <= set(EXPORTED)
    assert set(re.findall(r"^\| \[`(\w+)`\]\(#", PAGE, flags=re.MULTILINE)) == sections
    assert set(re.findall(r"^\| `(\w+)` \| \$", PAGE, flags=re.MULTILINE)) == set(REDUCERS)


def sections():
    """Text below the heading of each loss."""
    parts = re.split(r"^## (\w+)$", PAGE, flags=re.MULTILINE)
    return {name: text for name, text in zip(parts[1::2], parts[2::2], strict=True) if name in EXPORTED}


@pytest.mark.parametrize("name", sections())
def test_stated_reduction_is_the_default(name):
    stated = re.search(r"^\*\*Reduction\*\*: `(\w+)`", sections()[name], flags=re.MULTILINE)
    parameter = inspect.signature(EXPORTED[name]).parameters.get("reduction")
    assert (stated and stated[1]) == (parameter and parameter.default)


@pytest.mark.parametrize("name", sections())
def test_every_parameter_has_its_place(name):
    shared = {"reduction", "check_inputs"}
    for parameter in set(inspect.signature(EXPORTED[name]).parameters) - shared:
        assert f"`{parameter}`" in sections()[name], f"{name}: {parameter} is not explained"


def test_the_table_of_optima_follows_from_the_references():
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| ")]
    rates = next([float(cell) for cell in row[1:]] for row in rows if row[0] == "$r$")
    optima = [row for row in rows if re.fullmatch(r"`\w+\(.*\)`", row[0])]
    assert len(optima) > 10
    for call, *cells in optima:
        name, arguments = re.fullmatch(r"`(\w+)\((.*)\)`", call).groups()
        settings = {key: yaml.safe_load(value) for key, value in re.findall(r"(\w+)=([^,]+)", arguments)}
        assert cells == [f"{reference_of(name).optimum(rate, **settings):.3f}" for rate in rates], call


def test_the_snippets_run():
    run_snippets(PAGE)
