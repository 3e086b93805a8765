"""The page docs/reference/losses.md says what the code does."""

import doctest
import re
from pathlib import Path

import lucency.losses
from lucency.losses.reducers import REDUCERS
from references.losses.contract import EXPORTED

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "losses.md").read_text(encoding="utf-8")


def test_every_loss_of_the_page_exists_and_every_reduction_has_its_place():
    sections = set(re.findall(r"^## (\w+Loss)$", PAGE, flags=re.MULTILINE))
    assert sections <= set(EXPORTED)
    assert set(re.findall(r"^\| \[`(\w+)`\]\(#", PAGE, flags=re.MULTILINE)) == sections
    assert set(re.findall(r"^\| `(\w+)` \| \$", PAGE, flags=re.MULTILINE)) == set(REDUCERS)


def test_stated_reductions_are_the_defaults():
    for name, reduction in re.findall(
        r"^## (\w+Loss)$.*?^\*\*Reduction\*\*: `(\w+)`", PAGE, flags=re.MULTILINE | re.DOTALL
    ):
        assert getattr(lucency.losses, name)().reducer == REDUCERS[reduction]()


def test_the_table_of_optima_follows_from_the_closed_forms():
    rows = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in PAGE.splitlines() if line.startswith("| ")}
    rates = [float(cell) for cell in rows["$r$"]]
    odds = [13 * rate / (1 - rate) for rate in rates]
    for row, optimum in [
        ("`AssumeNegativeLoss`", rates),
        ("`WeakAssumeNegativeLoss`, 14 findings", [o / (1 + o) for o in odds]),
    ]:
        assert [cell.strip() for cell in rows[row]] == [f"{value:.3f}" for value in optimum]


def test_the_snippets_run():
    snippets = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert snippets
    for number, snippet in enumerate(snippets):
        test = doctest.DocTestParser().get_doctest(snippet, {}, f"losses.md {number}", None, 0)
        assert doctest.DocTestRunner().run(test).failed == 0
