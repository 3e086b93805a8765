"""Everything that a finished ladder, and the study of neighbours beside it, leave in their folder."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..files import write_atomically
from .assembled_study import AssembledStudy
from .compare import Comparison
from .differences import difference_table
from .ladder_figures import ladder_figure, neighbours_figure
from .ladder_summary import ladder_summary
from .markdown import difference_text, markdown_table, mean_and_range
from .measures import MACRO, measure_table
from .rung import FULL_LABELS, NAIVE_UNION, SINGLE_SOURCE


def write_ladder(
    comparison: Comparison,
    folder: str | Path,
    *,
    command: str,
    groups: NDArray[np.str_] | None = None,
    replicates: int = 1000,
) -> Path:
    """Write `measures.csv`, `differences.csv`, `ladder.png` and `summary.md`.

    Args:
        comparison: of an `AssembledStudy`, finished.
        folder: where to.
        command: what was typed; stands in the summary.
        groups: (N,) names of parts, such as where an image is from; the summary tells them apart.
        replicates: resamples of the intervals.

    Returns:
        Path of the summary.
    """
    folder, measures = Path(folder), measure_table(comparison)
    names = [chosen.option.name for chosen in comparison.chosen]
    references = [name for name in (NAIVE_UNION, SINGLE_SOURCE, FULL_LABELS) if name in names]
    differences = {name: difference_table(comparison, reference=name, replicates=replicates) for name in references}
    write_atomically(folder / "measures.csv", measures.to_csv(index=False, float_format="%.6f"))
    joined = pd.concat([table.assign(reference=name) for name, table in differences.items()])
    write_atomically(folder / "differences.csv", joined.to_csv(index=False, float_format="%.6f"))
    write_atomically(folder / "ladder.png", ladder_figure(comparison, measures, differences[comparison.reference]))
    parts = {}
    for group in [] if groups is None else sorted(set(groups[comparison.study.rows("test")].tolist())):
        part = of_test_images(comparison, groups == group)
        images = len(part.study.rows("test"))
        parts[f"{group}, {images} images"] = (measure_table(part), difference_table(part, replicates=replicates))
    return write_atomically(folder / "summary.md", ladder_summary(comparison, measures, differences, parts, command))


def of_test_images(comparison: Comparison, keep: NDArray[np.bool_]) -> Comparison:
    """The same runs, judged by some of the test images.

    Args:
        comparison: of an `AssembledStudy`.
        keep: (N,), which images; those of other splits stay.
    """
    study = comparison.study
    assert isinstance(study, AssembledStudy)  # noqa: S101
    test = study.rows("test")
    part = study.part(study.findings, np.flatnonzero((study.splits != "test") | keep))
    chosen = [
        replace(
            one,
            runs={
                seed: replace(run, logits={name: logits[keep[test]] for name, logits in run.logits.items()})
                for seed, run in one.runs.items()
            },
        )
        for one in comparison.chosen
    ]
    return replace(comparison, study=part, chosen=chosen)


def write_neighbours(
    comparisons: Sequence[Comparison], folder: str | Path, *, command: str, replicates: int = 1000
) -> Path:
    """Write `neighbours.csv`, `neighbours.png` and `neighbours.md`.

    Args:
        comparisons: one a finding, as of `compare_neighbours`.
        folder: where to.
        command: what was typed; stands in the summary.
        replicates: resamples of the intervals.

    Returns:
        Path of the summary.
    """
    folder = Path(folder)
    tables = [
        (comparison, measure_table(comparison), difference_table(comparison, replicates=replicates))
        for comparison in comparisons
    ]
    write_atomically(folder / "neighbours.png", neighbours_figure(tables))
    rows, found = [], []
    for comparison, measures, differences in tables:
        finding = comparison.study.findings[0]
        found.append(differences[differences.finding == finding])
        for chosen in comparison.of("clean"):
            row = [finding, chosen.option.name]
            for selection in ("clean", "observed"):
                at = (measures.loss == chosen.option.name) & (measures.selection == selection)
                row.append(mean_and_range(measures[at & (measures.finding == MACRO)]["auroc"]))
                at = (differences.loss == chosen.option.name) & (differences.selection == selection)
                at &= (differences.metric == "auroc") & (differences.finding == MACRO)
                row.append(difference_text(differences[at]))
            rows.append(row)
    write_atomically(folder / "neighbours.csv", pd.concat(found).to_csv(index=False, float_format="%.6f"))
    heads = ["finding", "trained with"]
    heads += [f"{head}, {selection}" for selection in ("clean", "observed") for head in ("AUROC (range)", "to alone")]
    return write_atomically(folder / "neighbours.md", f"```bash\n{command}\n```\n\n{markdown_table(heads, rows)}\n")
