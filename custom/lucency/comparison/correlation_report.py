"""Everything that a finished ladder over folds leaves in its folder."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from ..files import write_atomically
from .ceiling import ceiling_table
from .correlation_figures import correlation_figure, fold_figure
from .correlation_learnt import empirical, what_was_learnt
from .correlation_rung import BCE, stem_of
from .correlation_summary import correlation_summary
from .cross_validation import FoldResult, fold_table
from .fold_differences import MEASURES, fold_differences


def write_correlation_ladder(results: Sequence[FoldResult], folder: str | Path, *, command: str) -> Path:
    """Write `measures.csv`, `differences.csv`, `folds.png`, `correlations.png` and `summary.md`.

    Args:
        results: of `cross_validate` with `correlation_rungs`, two folds or more.
        folder: where to.
        command: what was typed; stands in the summary.

    Returns:
        Path of the summary.
    """
    folder, table = Path(folder), fold_table(results)
    names = [str(name) for name in dict.fromkeys(table["rung"])]
    pairs = dict.fromkeys([(name, BCE) for name in names if name != BCE] + _steps(names))
    differences, learnt = fold_differences(table, results, list(pairs)), what_was_learnt(results)
    write_atomically(folder / "measures.csv", table.to_csv(index=False, float_format="%.6f"))
    write_atomically(folder / "differences.csv", differences.to_csv(index=False, float_format="%.6f"))
    write_atomically(folder / "folds.png", fold_figure(table, differences, BCE, next(iter(MEASURES))))
    if learnt:
        matrices = {"co-occurrence of training images": empirical(results)}
        matrices |= {f"G of {one.rung}": one.G for one in learnt}
        findings = results[0].comparison.study.findings
        write_atomically(folder / "correlations.png", correlation_figure(matrices, findings))
    ceiling = ceiling_table(results, BCE)
    text = correlation_summary(results, table, differences, ceiling, learnt, command)
    return write_atomically(folder / "summary.md", text)


def _steps(names: Sequence[str]) -> list[tuple[str, str]]:
    """Each rung with the one before, each variant with the rung that it varies."""
    rungs = [name for name in names if name == stem_of(name)]
    variants = [(name, stem) for name in names if (stem := stem_of(name)) != name and stem in rungs]
    return [(name, before) for before, name in pairwise(rungs)] + variants
