"""The page docs/reference/backends.md says what the code does."""

from pathlib import Path

from lucency.inference.backends import BOUNDS, RUNTIMES
from lucency.inference.backends.export_source import INPUT, OPSET, OUTPUT
from lucency.inference.backends.tensorrt import LARGEST_BATCH
from support import run_snippets

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "backends.md").read_text(encoding="utf-8")


def rows(heading):
    """Rows of the table whose first line begins like that."""
    table = PAGE[PAGE.index(heading) :].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_every_backend_its_precisions_and_its_install_command():
    listed = {name.strip("`"): (needs, precisions) for name, needs, precisions, _ in rows("| `backend` |")}
    assert list(listed) == [*RUNTIMES, "auto"]
    for name, runtime in RUNTIMES.items():
        needs, precisions = listed[name]
        assert tuple(precisions.split(", ")) == runtime.precisions
        assert needs == "–" if runtime.module == "torch" else runtime.install in needs


def test_bounds():
    assert {precision: float(bound) for precision, bound, _ in rows("| precision | largest")} == BOUNDS


def test_files():
    text = " ".join(PAGE.split())
    assert f"opset {OPSET}, input `{INPUT}` (batch, 1, S, S), output `{OUTPUT}`" in text
    assert f"1 to {LARGEST_BATCH} images" in text


def test_the_snippets_run():
    run_snippets(PAGE, alone=False)
