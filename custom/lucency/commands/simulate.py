"""`lucency simulate`: the defects of real labels on true ones."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def simulate(
    table: Annotated[Path, typer.Argument(help="Study table that holds the truth.")],
    out: Annotated[Path, typer.Option(help="Folder for table.csv, truth.csv and simulation.json.")],
    kind: Annotated[
        list[str], typer.Option(help="KIND, 'KIND: {argument: value}', or a YAML file with a list of these.")
    ],
    split: Annotated[list[str], typer.Option(help="Split whose labels to simulate; may be repeated.")] = ["train"],  # noqa: B006 - typer copies it
    seed: Annotated[int, typer.Option(help="Same seed, same labels.")] = 0,
    by: Annotated[Literal["image", "study"], typer.Option(help="What chance decides for.")] = "image",
    finding: Annotated[list[str] | None, typer.Option(help="Simulate only this one; may be repeated.")] = None,
) -> None:
    """Give a study table with true labels the defects of real ones; the truth goes into a file of its own.

    \b
    single_positive     one positive an image, the rest unmentioned
    m_positive          m positives and n negatives an image
    mention_rate        positive, negative: shares that are mentioned
    uncertain           positive, negative: shares that become uncertain
    symmetric           rate of wrong labels
    asymmetric          fn_rate of the positives, fp_rate of the negatives
    instance_dependent  the same on average, in proportion to scores
    count_matched       fraction of the positives, mode balanced|fn_only|fp_only
    confusion           swaps of one finding for another, rate

    Several --kind act in turn. All arguments: docs/how-to/simulate-labels.md.
    """  # noqa: D301 - a backspace keeps the lines apart
    from ..data.simulate import simulate_table
    from ..data.simulation_record import describe
    from ..data.simulation_steps import read_steps

    record = simulate_table(table, out, read_steps(kind), splits=split, seed=seed, by=by, findings=finding)
    print(describe(record, out))
