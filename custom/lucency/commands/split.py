"""`lucency split`: patients into training, validation and test."""

from pathlib import Path
from typing import Annotated

import typer


def split(
    table: Annotated[Path, typer.Argument(help="Study table; gets a column split.")],
    train: Annotated[float, typer.Option(help="Share of the patients.")] = 0.7,
    val: Annotated[float, typer.Option(help="Share of the patients.")] = 0.1,
    test: Annotated[float, typer.Option(help="Share of the patients.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Same seed, same split.")] = 0,
    within: Annotated[str | None, typer.Option(help="Divide only the patients of this split.")] = None,
) -> None:
    """Divide the patients of a study table, stratified by finding; seed and hash go into a record beside it."""
    from ..data import read_study_table, split_patients, write_split_record, write_study_table

    shares = {name: share for name, share in {"train": train, "val": val, "test": test}.items() if share > 0}
    frame = split_patients(read_study_table(table, check_files=False), shares, seed=seed, within=within)
    write_study_table(frame, table)
    record = write_split_record(frame, table, shares, seed)
    counts = frame.groupby("split")["patient"].nunique().to_dict()
    print(f"{table}: patients {counts}; {record}")
