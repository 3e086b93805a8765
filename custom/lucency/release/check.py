"""Checking that a bundle answers as it must, on every backend there is."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from ..errors import ConfigError, LucencyError
from ..files import first_few, sha256_of
from ..inference.backends import BOUNDS, RUNTIMES, Backend, export_network, read_exports, runtime_named
from ..inference.backends.record import weights_digest
from .golden.pipeline import BundlePipeline
from .golden.record import Golden, SeededWeights, StoredWeights, read_golden
from .golden.write import FOLDER, golden_file, seeded_weights

TOLERANCE = BOUNDS["fp32"]


@dataclass(frozen=True)
class BackendCheck:
    """Outcome for one backend.

    Attributes:
        backend: its name.
        outcome: ``equal``; ``differs`` or ``failed``, which are faults; ``skipped``: it cannot be used here.
        reason: why not ``equal``.
        max_difference: largest one of a probability to the golden one.
    """

    backend: str
    outcome: Literal["equal", "differs", "failed", "skipped"]
    reason: str | None = None
    max_difference: float | None = None

    @property
    def is_fault(self) -> bool:
        """Whether the bundle must not be used like that."""
        return self.outcome in ("differs", "failed")


def check_bundle(
    bundle: str | Path,
    *,
    weights: str | Path | None = None,
    backends: Sequence[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> list[BackendCheck]:
    """Run the golden images through the bundle's own preprocessing, each backend in float32 and postprocessing.

    Exports beside the weights are used; what is not there is exported to a temporary folder.

    Args:
        bundle: folder of the bundle.
        weights: weights file, with its `golden.json` beside it; by default the seeded weights of the bundle's own.
        backends: names; by default all.
        overrides: configuration keys to values, those with which `golden.json` was made.
        report: is told in words what is being done.

    Returns:
        One outcome a backend.

    Raises:
        ConfigError: `golden.json` is absent or of other weights, findings, image size or images; unknown backend.
    """
    names = [runtime_named(name).name for name in backends] if backends else list(RUNTIMES)
    pipeline = BundlePipeline(bundle, overrides)
    file = golden_file(bundle, weights)
    golden = read_golden(file)
    report("golden images")
    images = _images(pipeline, golden, file)
    expected = torch.tensor([list(image.probabilities.values()) for image in golden.images])
    with tempfile.TemporaryDirectory() as work:
        path = _weights(pipeline, golden, file, weights, Path(work))
        network = pipeline.network(path)
        folders = _export_missing(names, network, images, path, Path(work) / "exports", report)
        checks = []
        for name in names:
            if obstacle := RUNTIMES[name].obstacle():
                checks.append(BackendCheck(name, "skipped", obstacle))
                continue
            report(name)
            try:
                backend = Backend(name=name, network=network, weights=path, folder=folders[name]).eval()
                checks.append(_compare(name, pipeline.probabilities(images, backend), expected, golden))
            except LucencyError as error:
                checks.append(BackendCheck(name, "failed", str(error)))
    return checks


def _images(pipeline: BundlePipeline, golden: Golden, file: Path) -> Tensor:
    """Preprocess the golden images after making sure that they are the ones."""
    remedy = "give the same options as to lucency bundle golden, or make it again"
    if golden.findings != pipeline.findings:
        raise ConfigError(f"{file}: made for the findings {first_few(golden.findings)}; {remedy}")
    paths = [pipeline.bundle / FOLDER / image.file for image in golden.images]
    for path, image in zip(paths, golden.images, strict=True):
        if not path.is_file() or sha256_of(path) != image.sha256:
            raise ConfigError(f"{path}: is absent or not the image of {file}; lucency bundle golden makes both anew")
    images = pipeline.preprocess(paths)
    if tuple(images.shape[1:]) != golden.image_shape:
        sizes = [" x ".join(map(str, shape)) for shape in (golden.image_shape, images.shape[1:])]
        raise ConfigError(f"{file}: made with images of {sizes[0]}, not {sizes[1]}; {remedy}")
    return images


def _weights(pipeline: BundlePipeline, golden: Golden, file: Path, given: str | Path | None, work: Path) -> Path:
    """The weights file that the golden probabilities are of."""
    if given is None and isinstance(golden.weights, SeededWeights):
        return seeded_weights(pipeline, golden.weights.seeded, work)
    path = Path(given) if given is not None else pipeline.weights
    if golden.weights != StoredWeights(sha256=weights_digest(path)):
        raise ConfigError(f"{file}: of other weights than {path}; lucency bundle golden --weights {path} makes it")
    return path


def _export_missing(
    names: Sequence[str],
    network: torch.nn.Module,
    images: Tensor,
    weights: Path,
    temporary: Path,
    report: Callable[[str], None],
) -> dict[str, Path]:
    """Folder of the exports for each backend: the one beside the weights, or a temporary one."""
    beside = weights.parent / "exports"
    try:
        exports = read_exports(beside, weights).exports
    except ConfigError:
        exports = []
    there = {export.backend for export in exports if export.precision == "fp32" and export.status == "ok"}
    missing = [name for name in names if name not in there and name != "torch" and not RUNTIMES[name].obstacle()]
    if missing:
        export_network(network, images, weights=weights, folder=temporary, backends=missing, rounds=0, report=report)
    return {name: beside if name in there else temporary for name in names}


def _compare(name: str, answers: Tensor, expected: Tensor, golden: Golden) -> BackendCheck:
    gaps = (answers.detach().cpu().double() - expected.double()).abs().nan_to_num(nan=torch.inf)
    largest = float(gaps.max())
    if largest <= TOLERANCE:
        return BackendCheck(name, "equal", max_difference=largest)
    image, finding = divmod(int(gaps.argmax()), gaps.shape[1])
    where = f"{golden.images[image].file}, {golden.findings[finding]}"
    wanted, got = float(expected[image, finding]), float(answers[image, finding])
    return BackendCheck(name, "differs", f"{where}: {got:.6f} instead of {wanted:.6f}", largest)
