"""`lucency bundle package`: a bundle and its weights, made whole for other machines."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import ConfigError
from .model_settings import model_options


def package(
    context: typer.Context,
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    weights: Annotated[Path, typer.Option(help="Weights: .pt or .safetensors.")],
    out: Annotated[Path, typer.Option(help="Folder that gets the bundle and its zip file.")] = Path("dist"),
    evaluation: Annotated[Path | None, typer.Option(help="Output folder of evaluate, for the figures.")] = None,
    metadata: Annotated[Path | None, typer.Option(help="JSON or YAML: fields such as version, data_source.")] = None,
    license: Annotated[Path | None, typer.Option(help="Text of the licence, where the bundle has none.")] = None,
    data_license: Annotated[Path | None, typer.Option(help="Text about the training data.")] = None,
    site: Annotated[Path | None, typer.Option(help="site.yaml of calibrate and operating-points.")] = None,
    url: Annotated[str, typer.Option(help="Place that will hold the bundle, for large_files.yml.")] = "",
    code: Annotated[bool, typer.Option(help="With its Python, or inference alone for hosts that refuse it.")] = True,
) -> None:
    """Make a folder and a zip file that run wherever MONAI does: JSON, weights, code, golden answers, checksums.

    Every further option is a key of the configurations or a folder of choices, as `lucency run` takes it. Those of
    the training run are known from run.json beside the weights; without it, give them.
    """
    from ..inference.yaml_mapping import read_mapping
    from ..release.package import package_bundle
    from ..terminal import console

    with console().status("package") as status:
        done = package_bundle(
            bundle,
            weights=weights,
            out=out,
            settings=model_options(bundle, weights, context.args, None),
            evaluation=evaluation,
            metadata=None if metadata is None else read_mapping(metadata, "write fields of metadata.json"),
            license=_text(license),
            data_license=_text(data_license),
            site=site,
            url=url,
            code=code,
            report=status.update,
        )
    print(f"{done.folder}: {len(done.modules)} modules of lucency inside")
    print(f"{done.archive}: sha256 {done.sha256}")
    if done.needs_code:
        print(f"only for hosts that run its code: {done.needs_code}")
    if evaluation is None:
        print("nothing measured: give --evaluation, the output folder of lucency run BUNDLE evaluate")
    if data_license is None:
        print("licence of the training data not stated: give --data-license before you publish")


def _text(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: cannot be read ({error}); give a text file in UTF-8") from error
