"""`lucency predict`: a folder of radiographs becomes probabilities, decisions and reports."""

import gc
import logging
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from .model_settings import model_options

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
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Predict on a Ray cluster: its address, auto, or local.")
    ] = None,
) -> None:
    """Predict every radiograph below a folder: lucency predict FOLDER --bundle BUNDLE --out DIR --sr.

    Every file gets a row that says what became of it. Interrupted, the same
    command goes on where it was.

    Every further option is a key of the bundle's inference.yaml, such as
    --batch_size 32, or a folder of choices under configs (--queries NAME).
    Findings, image size and network are known from run.json beside the weights.
    """
    with _quick_start():
        from ..inference.torch_free import NeedsTorchError, TorchFreeRun

    started = time.monotonic()
    options = model_options(bundle, weights, context.args)
    decoders = min(8, os.cpu_count() or 1) if workers is None else workers
    chosen: dict[str, Any] = {"num_workers": decoders, "backend": backend}
    chosen |= {name: True for name, wanted in {"sr": sr, "fhir": fhir, "heatmaps": heatmaps}.items() if wanted}
    places = {"dataset_dir": folder, "output_dir": out}
    places |= {name: path.resolve() for name, path in {"weights": weights, "site": site}.items() if path}
    if ray is not None:
        from ..scale import predict_over_ray

        groups, overrides = _configured(bundle, {**places, **chosen}, options)
        table = predict_over_ray(bundle, address=ray, groups=groups, overrides=overrides, workers=workers)
        return _summarise(table, time.monotonic() - started)
    try:
        table = TorchFreeRun(
            bundle=bundle,
            source=folder,
            out=out,
            weights=weights,
            site=site,
            overrides=chosen | options,
            workers=decoders,
        )()
    except NeedsTorchError as reason:
        logging.getLogger(__name__).debug("with PyTorch: %s", reason)
        table = _with_torch(bundle, *_configured(bundle, {**places, **chosen}, options))
    return _summarise(table, time.monotonic() - started)


def _configured(bundle: Path, chosen: dict[str, Any], options: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    from ..bundle import chosen_groups
    from ..bundle.overrides import literal

    groups, overrides = chosen_groups(bundle, options)
    chosen = {name: literal(str(value)) if isinstance(value, Path) else value for name, value in chosen.items()}
    return groups, chosen | overrides


def _with_torch(bundle: Path, groups: dict[str, str], overrides: dict[str, Any]) -> Any:
    from ..bundle import run_bundle

    workflow = run_bundle(bundle, "inference", groups=groups, overrides=overrides)
    return workflow.parser.get_parsed_content("predictions")


def _summarise(table: Any, seconds: float) -> None:
    for status, meaning in STATUSES.items():
        if table.statuses[status]:
            print(f"{table.statuses[status]:>9,} {status:<8} {meaning}")
    files = sum(table.statuses.values())
    print(f"{files} files in {seconds:.1f} s; every one has its row in {table.folder / 'predictions.csv'}")


UNUSED = ("requests", "tqdm", "gdcm")
"""What pydicom imports in passing: for its test files, and for a plugin in whose place GDCM itself is asked."""

NO_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"
"""Keeps pydantic from looking for plugins in every package that is installed."""


@contextmanager
def _quick_start() -> Iterator[None]:
    """Import faster: no `UNUSED`, no plugins of pydantic, no looking for garbage, now or at the end of the process."""
    absent = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type] # None stands for a module that is not there
    told = {NO_PLUGINS: "__all__"} if NO_PLUGINS not in os.environ else {}
    os.environ.update(told)
    gc.disable()
    try:
        # CPython hands out stack for calls in chunks: where a loop's calls happen to straddle two of them, as in
        # pydicom's dictionary, each one costs two system calls, 0.1 s in all. A thread begins with a chunk of its own.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(import_module, "pydicom").result()
        yield
    finally:
        gc.freeze()
        gc.enable()
        for name in told:
            del os.environ[name]
        for name in absent:
            del sys.modules[name]
