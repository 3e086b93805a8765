"""Everything that a finished comparison leaves in its folder."""

from pathlib import Path

import pandas as pd

from ..files import write_atomically
from .compare import Comparison
from .differences import difference_table
from .figures import calibration_figure, forest_figure, seeds_figure
from .measures import measure_table
from .summary import summary


def write_comparison(comparison: Comparison, folder: str | Path, *, command: str, replicates: int = 1000) -> Path:
    """Write `measures` and `differences` as Parquet and CSV, four pictures, and `summary.md`.

    Args:
        comparison: finished.
        folder: where to.
        command: what was typed; stands in the summary.
        replicates: resamples of the intervals.

    Returns:
        Path of the summary.
    """
    folder = Path(folder)
    measures, differences = measure_table(comparison), difference_table(comparison, replicates=replicates)
    for name, table in (("measures", measures), ("differences", differences)):
        write_atomically(folder / f"{name}.csv", table.to_csv(index=False, float_format="%.6f"))
        write_atomically(folder / f"{name}.parquet", _parquet(table))
    write_atomically(folder / "forest.png", forest_figure(differences))
    write_atomically(folder / "seeds.png", seeds_figure(measures))
    write_atomically(folder / "calibration.png", seeds_figure(measures, ("ece", "brier")))
    write_atomically(folder / "reliability.png", calibration_figure(comparison))
    return write_atomically(folder / "summary.md", summary(comparison, measures, differences, command))


def _parquet(table: pd.DataFrame) -> bytes:
    content: bytes = table.to_parquet(index=False)
    return content
