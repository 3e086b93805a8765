"""`lucency convert`: the weights of a published network become a bundle."""

from pathlib import Path
from typing import Annotated

import typer


def convert(
    weights: Annotated[Path, typer.Argument(help="State dict: .pt, .pth.tar or .safetensors.")],
    kind: Annotated[str, typer.Option(help="torchxrayvision or chexnet.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to make; its name is the model's name.")],
    findings: Annotated[
        str | None, typer.Option(help="Labels of the outputs in their order, a,b,,d; empty where untrained.")
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="The same as a text file, one label a line.")] = None,
    resize: Annotated[
        int | None, typer.Option(help="Shorter side before the 224 x 224 crop (chexnet): 224 unless given, or 256.")
    ] = None,
) -> None:
    """Make a bundle of a published DenseNet121 that gives its probabilities, with its own resizing and thresholds."""
    from ..errors import ConfigError
    from ..release.convert import convert_weights

    if findings is not None and labels is not None:
        raise ConfigError("--findings and --labels both name the outputs; give one of them")
    names = None if findings is None else [name.strip() for name in findings.split(",")]
    if labels is not None:
        try:
            names = [name.strip() for name in labels.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{labels}: cannot be read ({error}); give a text file with one label a line") from error
    done = convert_weights(weights, kind, out, labels=names, resize=resize)
    dropped = f", {done.dropped} untrained outputs left out" if done.dropped else ""
    thresholds = f"{len(done.thresholds)} published thresholds in site.yaml" if done.thresholds else "no thresholds"
    print(f"{out}: {len(done.findings)} findings ({', '.join(done.findings)}){dropped}; {thresholds}")
