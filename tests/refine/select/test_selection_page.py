"""The page docs/reference/selection.md says what the code does."""

import inspect
from pathlib import Path

import pytest

from lucency.refine import keep, rates, select
from support import run_snippets

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "selection.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "function", [select.entry_scores, select.image_scores, select.choose, select.coreset, keep.keep_masks]
)
def test_stated_signatures_are_those_of_the_code(function):
    parameters = inspect.signature(function).parameters.values()
    bare = inspect.Signature([parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters])
    assert f"{function.__name__}{bare}`" in PAGE


@pytest.mark.parametrize("name", [*select.METHODS, *rates.METHODS])
def test_every_method_has_its_row(name):
    assert f"| `{name}` |" in PAGE


def test_the_snippets_run_in_their_order():
    run_snippets(PAGE, alone=False)
