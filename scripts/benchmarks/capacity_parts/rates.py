"""Rates out of the files that benchmarks write."""

from pathlib import Path

from bench_parts.rows import Row, read

from lucency.errors import ConfigError

Figures = dict[str, tuple[Row, str]]


def measured(files: list[Path]) -> Figures:
    """Rows that have a figure, with the script that measured it, by what was done; one of ours alone is preferred."""
    found: Figures = {}
    for file in files:
        some, about = read(file)
        for row in some:
            if row.ours_ms is not None and (row.what not in found or not row.peer):
                found[row.what] = row, " ".join(about["command"].split()[:2])
    return found


def figure(found: Figures, what: str) -> tuple[Row, str]:
    """One of them, or an error that says which is missing."""
    if what not in found:
        raise ConfigError(f"--rates: none of the files has the figure {what!r}; run the benchmark that measures it")
    return found[what]
