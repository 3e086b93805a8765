"""`lucency phantom`: chest radiographs drawn with complete truth."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer


def phantom(
    folder: Annotated[Path, typer.Argument(help="Where images, table.csv and truth.csv go.")],
    images: Annotated[int, typer.Option(help="How many images.")] = 1000,
    size: Annotated[int, typer.Option(help="Height and width in pixels.")] = 512,
    seed: Annotated[int, typer.Option(help="Same seed, same images.")] = 0,
    image_format: Annotated[Literal["dicom", "png"], typer.Option("--format", help="Form of the images.")] = "dicom",
    prevalence: Annotated[
        Literal["enriched", "nih"], typer.Option(help="Every finding often enough to learn from, or NIH's shares.")
    ] = "enriched",
    workers: Annotated[int, typer.Option(help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Draw phantom chest radiographs with complete truth and report-like labels; interrupted, it goes on."""
    from ..data.phantom import write_phantom

    write_phantom(folder, images, size, seed, image_format, workers, prevalence)
    print(f"{folder}: table.csv (labels as reports give them), truth.csv (complete), images/")
