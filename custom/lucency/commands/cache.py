"""`lucency cache`: read the images of a study table once and keep them at the size that a network sees."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer


def cache(
    table: Annotated[Path, typer.Argument(help="Study table.")],
    out: Annotated[Path, typer.Option(help="Folder where caches lie; every setting gets one of its own in it.")],
    size: Annotated[int, typer.Option(help="Height and width in pixels.")] = 224,
    fit: Annotated[
        Literal["pad", "crop"], typer.Option(help="Pad the shorter side with black, or crop the longer one.")
    ] = "pad",
    exact: Annotated[
        bool, typer.Option(help="Decode JPEG 2000 at full resolution; otherwise at a reduced one where it suffices.")
    ] = True,
    depth: Annotated[Literal[8, 16], typer.Option(help="Bits a pixel, 8 or 16.")] = 8,
    stretch: Annotated[bool, typer.Option(help="Scale each image to its own minimum and maximum.")] = True,
    workers: Annotated[int | None, typer.Option(help="Processes that read; by default one for each processor.")] = None,
    fingerprint: Annotated[
        Literal["stat", "sha256"],
        typer.Option(help="Know files again by path, size and time, or by content, for which each is read every time."),
    ] = "stat",
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Read on a Ray cluster: its address, auto, or local.")
    ] = None,
    image_root: Annotated[
        Path | None, typer.Option(help="Folder that relative image paths start from; by default the table's.")
    ] = None,
) -> None:
    """Read the images of a study table and keep them small in one file; run again, only what changed is read."""
    from ..data import read_study_table
    from ..data.pixel_cache import PixelSettings, build_pixel_cache

    settings = PixelSettings(size, fit, exact, depth, stretch)
    root = os.path.abspath(table.parent if image_root is None else image_root)
    files = [os.path.join(root, image) for image in read_study_table(table, image_root, check_files=False)["image"]]
    if ray is None:
        made = build_pixel_cache(files, out, settings, workers=workers, fingerprint=fingerprint)
    else:
        from ..scale import cache_over_ray

        made = cache_over_ray(files, out, settings, address=ray, workers=workers, fingerprint=fingerprint)
    others = len(made) - len(set(made.find(files, fingerprint).tolist()))
    further = f", and {others:,} that the table does not have" if others else ""
    gibibytes = len(made) * settings.row_bytes / 2**30
    print(f"{out / settings.name}: the {len(files):,} images of {table}{further}; {gibibytes:.3g} GiB")
