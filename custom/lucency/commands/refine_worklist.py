"""`lucency refine worklist`: what a reader is given, and the ledger's next round."""

from pathlib import Path
from typing import Annotated

import typer

from .refine_options import IMAGE_ROOT, LEDGER


def worklist(
    ranking: Annotated[Path, typer.Option(help="ranking.csv of lucency refine rank.")],
    ledger: LEDGER,
    out: Annotated[Path, typer.Option(help="Folder for the worklist.")] = Path("worklist"),
    show_label: Annotated[
        bool,
        typer.Option(
            "--show-label/--blind",
            help="Show the present label. It anchors readers: they confirm it more often than they would give it.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the order, which tells nothing of the rank.")] = 0,
    image_root: IMAGE_ROOT = None,
    dicom: Annotated[bool, typer.Option(help="Look up the images' DICOM UIDs.")] = True,
    url_prefix: Annotated[
        str, typer.Option(help="What makes URLs of image paths for Label Studio, as in '/data/local-files/?d='.")
    ] = "",
) -> None:
    """Write worklists for readers, then record their questions in the ledger as the next round.

    A CSV to fill in, tasks and interface for Label Studio, and the same
    questions with the images' DICOM UIDs. What a model says is in none.
    """
    from ..refine import Ledger
    from ..refine.worklists import write_worklist

    with Ledger.open(ledger) as book:
        written = write_worklist(
            book,
            ranking,
            out,
            show_label=show_label,
            seed=seed,
            image_root=image_root,
            dicom=dicom,
            url_prefix=url_prefix,
        )
    images = len({question.image for question in written.questions})
    referred = "" if written.references is None else f", {written.references} of them DICOM"
    again = "; they were in the ledger already" if written.repeated else ""
    shown = "with the present label" if show_label else "blind"
    print(
        f"{out}: round {written.round}, {len(written.questions)} questions about {images} images{referred}, "
        f"{shown}{again}; {', '.join(path.name for path in written.files)}"
    )
