"""`lucency export`: a bundle's network for other backends, each checked before it is kept."""

from pathlib import Path
from typing import Annotated

import typer

from .model_settings import model_options


def export(
    context: typer.Context,
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    weights: Annotated[Path | None, typer.Option(help="Weights; by default the bundle's models/model.pt.")] = None,
    backend: Annotated[
        list[str] | None,
        typer.Option(help="torchscript, onnxruntime, openvino, tensorrt; repeatable; by default all installed."),
    ] = None,
    precision: Annotated[list[str], typer.Option(help="fp32, bf16, int8; repeatable.")] = ["fp32"],  # noqa: B006 - typer copies it
    out: Annotated[Path | None, typer.Option(help="Folder; by default exports/ beside the weights.")] = None,
) -> None:
    """Export a bundle's network; each export is compared with PyTorch on the golden images and timed.

    One that misses the bound (fp32 0.0001, bf16 0.02, int8 0.05 in probability)
    is not kept.

    Every further option is a key of inference.yaml or a folder of choices, as `lucency predict` takes it.
    """
    from rich.markup import escape
    from rich.table import Table

    from ..release.export import export_bundle
    from ..terminal import console

    screen = console()
    overrides = model_options(bundle, weights, context.args)
    with screen.status("export") as status:
        exports = export_bundle(
            bundle,
            weights=weights,
            backends=backend,
            precisions=precision,
            folder=out,
            overrides=overrides,
            report=status.update,
        )
    table = Table(title=f"{exports.device}, threads {exports.threads}, batches of {exports.batch_size}")
    for heading in ("backend", "precision", "outcome", "largest difference", "ms an image", "reason"):
        table.add_column(heading)
    for row in exports.exports:
        gap = "" if row.max_difference is None else f"{row.max_difference:.1e}"
        pace = "" if row.ms_per_image is None else f"{row.ms_per_image:.1f}"
        table.add_row(row.backend, row.precision, row.status, gap, pace, escape(row.reason or ""))
    screen.print(table)
    if exports.needs_torch:
        print(f"predictions will need PyTorch: {exports.needs_torch}")
    if any(row.status == "failed" for row in exports.exports):
        raise typer.Exit(1)
