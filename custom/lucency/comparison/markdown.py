"""Pieces of the summaries in Markdown."""

import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version

import numpy as np
import pandas as pd

from .recipe import Recipe
from .study import SPLITS, Study

PACKAGES = ("lucency", "torch", "monai", "numpy", "pandas")


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table.

    Example:
        >>> print(markdown_table(["loss", "mAP"], [["an", "0.3"]]))
        | loss | mAP |
        | --- | --- |
        | an | 0.3 |
    """
    line: Callable[[Sequence[str]], str] = lambda cells: f"| {' | '.join(cells)} |"  # noqa: E731
    return "\n".join([line(heads), line(["---"] * len(heads)), *map(line, rows)])


def mean_and_range(values: "pd.Series[float]") -> str:
    """Mean, least and greatest, as of the seeds."""
    return f"{values.mean():.3f} ({values.min():.3f} – {values.max():.3f})"


def difference_text(rows: pd.DataFrame) -> str:
    """Of one row of a difference table, or of none: the reference has no difference to itself."""
    texts = [f"{row.difference:+.3f} ({row.low:+.3f} – {row.high:+.3f})" for row in rows.itertuples()]
    return texts[0] if texts else "–"


def number_text(value: float, form: str) -> str:
    """A number, or a dash for NaN."""
    return "–" if np.isnan(value) else format(value, form)


def listing(values: "Sequence[float] | pd.Series[float]") -> str:
    """Numbers with commas."""
    return ", ".join(f"{value:g}" for value in values)


def splits_text(study: Study) -> str:
    """Images and patients of each split."""
    return ", ".join(
        f"{len(rows)} {split} ({len(set(study.patients[rows].tolist()))} patients)"
        for split, rows in ((split, study.rows(split)) for split in SPLITS)
    )


def recipe_text(recipe: Recipe) -> str:
    """What was the same for all runs."""
    network = ", ".join(f"{name}={value}" for name, value in recipe.network.items() if name != "_target_")
    return (
        f"{recipe.network['_target_']}({network}); up to {recipe.max_epochs} epochs, patience {recipe.patience}, "
        f"batches of {recipe.batch_size}; learning rates {listing(recipe.learning_rates)}; seeds "
        f"{listing(recipe.seeds)}; choice by mean {recipe.metric.upper()}"
    )


def versions_text() -> str:
    """Versions of what the figures depend on."""
    return f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
