"""Exporting a network to several backends, each checked against PyTorch before it is kept."""

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from ... import __version__
from ...errors import ConfigError, explanation
from ...files import sha256_of, share, stamp_of, write_atomically
from ...networks import without_training_parts
from .device import device_name
from .export_source import ExportSource
from .precision import BOUNDS, Precision, array_difference, check_precision, difference
from .record import CHECKED_ON, FILE, Export, Exports, read_exports, weights_digest
from .runtime import Answer
from .runtimes import RUNTIMES, runtime_named
from .sessions import library
from .timing import time_answers


def export_network(
    network: nn.Module,
    images: Tensor,
    *,
    weights: str | Path,
    folder: str | Path,
    backends: Sequence[str] | None = None,
    precisions: Sequence[str] = ("fp32",),
    batch_size: int = 16,
    rounds: int = 5,
    threads: int | None = None,
    report: Callable[[str], None] = lambda text: None,
    configuration: str | None = None,
    needs_torch: str | None = None,
) -> Exports:
    """Export a network, compare every export with it on `images`, time what is good, write `exports.json`.

    What only training needs is left out, see `without_training_parts`; the files hold none of its weights.
    An export is kept if its probabilities lie within `BOUNDS` of PyTorch's in float32, for all images at once and for
    the first alone; one that does not is recorded with the reason, its files are removed, and the others go on.
    Exports of the same network that are in `folder` already stay.

    Args:
        network: from (B, 1, S, S) to logits (B, L), holding the weights of `weights`; on the CPU, in evaluation mode.
        images: (N, 1, S, S) float32, two or more; int8 is calibrated on them too.
        weights: the weights file, to tie the exports to it.
        folder: where they go; made if absent.
        backends: names; by default every one that is installed.
        precisions: fp32, bf16, int8; a backend that lacks one is passed over.
        batch_size: images at a time when timed.
        rounds: of timing; 0 times nothing.
        threads: of the CPU; by default as PyTorch.
        report: is told in words what is being done.
        configuration: see `Exports`.
        needs_torch: see `Exports`.

    Raises:
        ConfigError: unknown name, a named backend that is not installed, or no weights.
    """
    folder, weights = Path(folder), Path(weights)
    kinds = [check_precision(name) for name in precisions]
    named = [runtime_named(name).name for name in backends or ()]
    for name in named:
        RUNTIMES[name].require()
    threads = threads or torch.get_num_threads()
    digest = weights_digest(weights)
    folder.mkdir(parents=True, exist_ok=True)
    with torch.inference_mode():
        expected = network(images)
    kept = _kept(folder, weights, images, expected)
    made: dict[tuple[str, Precision], Export] = {e.key: e for e in kept if e.status == "ok"}
    with tempfile.TemporaryDirectory(dir=folder, prefix=".work-") as work:
        source = ExportSource(without_training_parts(network), images, Path(work))
        for name in dict.fromkeys(["torch", *(named or RUNTIMES)]):
            for kind in kinds:
                if kind not in RUNTIMES[name].precisions and (name not in named or name == "torch"):
                    continue  # nobody asked for this very one
                if (name, kind) not in made or RUNTIMES[name].obstacle() is None:
                    report(f"{name} in {kind}")
                    made[name, kind] = _export(source, name, kind, expected, folder, threads)
    if rounds:
        report("timing")
        good = [export for export in made.values() if export.status == "ok"]
        answers = {e.key: _open(e, folder, network, threads) for e in good if RUNTIMES[e.backend].obstacle() is None}
        batch = images[torch.arange(batch_size) % len(images)]
        times = time_answers(answers, batch, rounds)
        made.update({key: made[key].model_copy(update={"ms_per_image": ms}) for key, ms in times.items()})
    write_atomically(folder / CHECKED_ON, save({"images": images.contiguous(), "logits": expected.contiguous()}))
    exports = Exports(
        weights_sha256=digest,
        image_shape=tuple(images.shape[1:]),
        device=device_name(images.device),
        threads=threads,
        batch_size=batch_size,
        made_with={"lucency": __version__, "torch": torch.__version__},
        checked_on=sha256_of(folder / CHECKED_ON),
        configuration=configuration,
        needs_torch=needs_torch,
        digests=_digests(weights, digest, folder, made.values()),
        exports=[made[key] for key in sorted(made, key=_place)],
    )
    write_atomically(folder / FILE, exports.model_dump_json(indent=2) + "\n")
    _remove_others(folder, exports)
    return exports


def _digests(weights: Path, digest: str, folder: Path, made: Iterable[Export]) -> dict[str, str]:
    files = {folder / name: sha256 for export in made for name, sha256 in export.files.items()}
    return {stamp_of(path): sha256 for path, sha256 in {weights: digest, **files}.items()}


def _kept(folder: Path, weights: Path, images: Tensor, expected: Tensor) -> list[Export]:
    """Exports that are there already, if they are of the same weights, settings and golden images."""
    try:
        exports = read_exports(folder, weights)
        golden, logits = exports.golden(folder)
        for export in exports.exports:
            export.intact_files(folder)
    except ConfigError:
        return []  # none, damaged, or of other weights: made anew
    same = torch.equal(torch.from_numpy(golden), images)
    same = same and array_difference(logits, expected.numpy()) <= BOUNDS["fp32"]
    return exports.exports if same else []


def _remove_others(folder: Path, exports: Exports) -> None:
    """Remove former exports that failed this time or were made of other weights."""
    valid = {name for export in exports.exports for name in export.files}
    for runtime, kind in product(RUNTIMES, BOUNDS):
        for path in folder.glob(f"{runtime}-{kind}.*"):
            if path.name not in valid:
                path.unlink()


def _place(key: tuple[str, Precision]) -> tuple[int, int]:
    return list(RUNTIMES).index(key[0]), list(BOUNDS).index(key[1])


def _export(source: ExportSource, name: str, kind: Precision, expected: Tensor, folder: Path, threads: int) -> Export:
    """Make one export and keep its files if they are good."""
    runtime, stem = RUNTIMES[name], source.work / f"{name}-{kind}"
    result = Export(backend=name, precision=kind, status="ok", bound=BOUNDS[kind])
    if obstacle := runtime.obstacle():
        return result.model_copy(update={"status": "skipped", "reason": obstacle})
    if kind not in runtime.precisions:
        offers = ", ".join(runtime.precisions)
        return result.model_copy(update={"status": "skipped", "reason": f"no {kind} (it offers {offers})"})
    result = result.model_copy(update={"library": library(runtime.module)})
    try:
        files = runtime.export(source, stem, kind)
        answer = runtime.open(files, source.network, kind, threads)
        gap = _largest_difference(answer, source.images, expected)
    except Exception as error:  # each library raises types of its own
        reason = explanation(error) or f"{type(error).__name__}: {(str(error).strip() or 'no message').splitlines()[0]}"
        return result.model_copy(update={"status": "failed", "reason": reason})
    if not gap <= BOUNDS[kind]:
        reason = f"probabilities differ by {gap:.2g}, more than {BOUNDS[kind]:g}; not kept"
        return result.model_copy(update={"status": "failed", "reason": reason, "max_difference": gap})
    hashes: Mapping[str, str] = {file.name: sha256_of(file) for file in files}
    for file in files:
        share(file)
        os.replace(file, folder / file.name)
    return result.model_copy(update={"files": hashes, "max_difference": gap})


def _largest_difference(answer: Answer, images: Tensor, expected: Tensor) -> float:
    with torch.inference_mode():
        return max(difference(answer(images), expected), difference(answer(images[:1]), expected[:1]))


def _open(export: Export, folder: Path, network: nn.Module, threads: int) -> Answer:
    files = [folder / name for name in export.files]
    return RUNTIMES[export.backend].open(files, network, export.precision, threads)
