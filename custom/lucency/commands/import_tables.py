"""`lucency import ...`: an archive's own label file becomes a study table."""

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Turn an archive's own label file into a study table.", no_args_is_help=True)

OUT = Annotated[Path, typer.Option(help="Study table to write: .csv, .parquet or .json.")]
IMAGES = Annotated[Path | None, typer.Option(help="Folder of the images; image paths are looked up below it.")]
DROP = Annotated[bool, typer.Option(help="Leave out rows whose image is absent, instead of ending with an error.")]


@app.command()
def nih(
    labels: Annotated[Path, typer.Argument(help="Data_Entry_2017.csv or Data_Entry_2017_v2020.csv.")],
    out: OUT,
    images: IMAGES = None,
    drop_missing: DROP = False,
    train_list: Annotated[Path | None, typer.Option(help="train_val_list.txt.")] = None,
    test_list: Annotated[Path | None, typer.Option(help="test_list.txt.")] = None,
) -> None:
    """Import NIH ChestX-ray14: named findings are positive, all others unmentioned."""
    from ..data.importers import import_nih

    missing: Any = "drop" if drop_missing else "error"
    frame = import_nih(labels, images=images, missing_images=missing, train_list=train_list, test_list=test_list)
    _write_table(frame, images, out)


@app.command()
def chexpert(
    labels: Annotated[list[Path], typer.Argument(help="train.csv, valid.csv or both.")],
    out: OUT,
    images: IMAGES = None,
    drop_missing: DROP = False,
) -> None:
    """Import CheXpert: 1 is positive, 0 negative, -1 uncertain, blank unmentioned."""
    from ..data.importers import import_chexpert

    missing: Any = "drop" if drop_missing else "error"
    _write_table(import_chexpert(*labels, images=images, missing_images=missing), images, out)


@app.command()
def folder(
    mapping: Annotated[
        Path, typer.Argument(help="YAML file with the arguments of lucency.data.importers.import_folder.")
    ],
    out: OUT,
) -> None:
    """Import your own images and labels, as a small YAML file declares them (docs/how-to/import-your-labels.md)."""
    from ..data.importers import import_mapping

    frame, images = import_mapping(mapping)
    _write_table(frame, images, out)


def _write_table(frame: Any, images: Path | None, out: Path) -> None:
    from ..data import finding_columns, write_study_table
    from ..data.importers import relative_to_table

    write_study_table(relative_to_table(frame, images, out), out)
    print(
        f"{out}: {len(frame)} images of {frame['patient'].nunique()} patients, {len(finding_columns(frame))} findings"
    )
