"""Exporting the network of a bundle."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..inference.backends import Exports, export_network
from ..inference.torch_free.configuration import NeedsTorchError
from ..inference.torch_free.verification import verified
from .golden.pipeline import BundlePipeline
from .golden.write import golden_images


def export_bundle(
    bundle: str | Path,
    *,
    weights: str | Path | None = None,
    backends: Sequence[str] | None = None,
    precisions: Sequence[str] = ("fp32",),
    folder: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> Exports:
    """Export the network of a bundle's inference.yaml, checked on the bundle's golden images.

    Args:
        bundle: folder of the bundle.
        weights: weights file; by default the one that the configuration names.
        backends: names; by default every one that is installed.
        precisions: fp32, bf16, int8.
        folder: where the exports go; by default `exports` beside the weights, where `Backend` looks for them.
        overrides: configuration keys to values; inference needs the same.
        report: is told in words what is being done.

    Raises:
        ConfigError: see `export_network` and `BundlePipeline`.
    """
    pipeline = BundlePipeline(bundle, overrides)
    path = Path(weights) if weights is not None else pipeline.weights
    network = pipeline.network(path)
    report("golden images")
    files = golden_images(bundle)
    configuration, needs_torch = None, None
    try:
        configuration = verified(bundle, overrides or {}, pipeline, network, files)
    except NeedsTorchError as reason:
        needs_torch = str(reason)
    return export_network(
        network,
        pipeline.preprocess(files),
        weights=path,
        folder=Path(folder) if folder is not None else path.parent / "exports",
        backends=backends,
        precisions=precisions,
        batch_size=pipeline.part("batch_size"),
        report=report,
        configuration=configuration,
        needs_torch=needs_torch,
    )
