"""`lucency predict`: a folder of radiographs becomes probabilities, decisions and reports."""

import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer

STATUSES = {
    "ok": "predicted",
    "refused": "refused by the input guard",
    "failed": "could not be read or predicted",
    "skipped": "no image",
}


def predict(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of DICOM, PNG, JPEG or NIfTI files, or one file.")],
    bundle: Annotated[Path, typer.Option(help="Folder of the bundle.")],
    out: Annotated[Path, typer.Option(help="Where predictions.csv, predictions.json and reports go.")],
    weights: Annotated[Path | None, typer.Option(help="Weights; else those of the bundle.")] = None,
    site: Annotated[Path | None, typer.Option(help="site.yaml: calibration and operating points.")] = None,
    backend: Annotated[
        str, typer.Option(help="torch, torchscript, onnxruntime, openvino, tensorrt, or auto: the fastest exported.")
    ] = "auto",
    sr: Annotated[bool, typer.Option("--sr", help="Write a DICOM SR for each DICOM image.")] = False,
    fhir: Annotated[bool, typer.Option("--fhir", help="Write a FHIR R4 document for each image.")] = False,
    heatmaps: Annotated[bool, typer.Option("--heatmaps", help="Write pictures of what speaks for a finding.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes that decode; else one a core, at most 8.")
    ] = None,
) -> None:
    """Predict every radiograph below a folder: lucency predict FOLDER --bundle BUNDLE --out DIR --sr.

    Every file gets a row that says what became of it. Interrupted, the same
    command goes on where it was.

    Every further option is a key of the bundle's inference.yaml, such as
    --batch_size 32, or a folder of choices under configs (--queries NAME).
    """
    from ..bundle import chosen_groups, run_bundle
    from ..bundle.overrides import literal
    from ..options import parse_options

    if workers is None:
        workers = min(8, os.cpu_count() or 1)
    chosen: dict[str, Any] = {
        "dataset_dir": literal(str(folder)),
        "output_dir": literal(str(out)),
        "num_workers": workers,
        "backend": backend,
    }
    chosen |= {name: literal(str(path.resolve())) for name, path in {"weights": weights, "site": site}.items() if path}
    chosen |= {name: True for name, wanted in {"sr": sr, "fhir": fhir, "heatmaps": heatmaps}.items() if wanted}
    started = time.monotonic()
    groups, overrides = chosen_groups(bundle, parse_options(context.args))
    workflow = run_bundle(bundle, "inference", groups=groups, overrides=chosen | overrides)
    table = workflow.parser.get_parsed_content("predictions")
    _summarise(table, time.monotonic() - started)


def _summarise(table: Any, seconds: float) -> None:
    from rich.table import Table

    from ..terminal import console

    files = sum(table.statuses.values())
    lines = Table("files", "what became of them")
    for status, meaning in STATUSES.items():
        if table.statuses[status]:
            lines.add_row(str(table.statuses[status]), f"{status}: {meaning}")
    console().print(lines)
    print(f"{files} files in {seconds:.1f} s; every one has its row in {table.folder / 'predictions.csv'}")
