"""The exported network that answers without PyTorch, where there is one that fits."""

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError
from ..backends.device import cpu_name
from ..backends.precision import array_difference, check_precision
from ..backends.record import Export, Exports, read_exports
from ..backends.sessions import SESSIONS, ArrayAnswer, library
from ..logistic import expit
from .configuration import Configuration, NeedsTorchError

_NVIDIA = Path("/proc/driver/nvidia/version")


class Network:
    """An export that is of these weights and this configuration, and answers on this machine as it did at export.

    Args:
        configuration: of the run.
        weights: the weights file; the exports lie in `exports` beside it.
        digest: SHA-256 of the weights file.
        once: for a single image: be ready soon rather than quick in answering, and do not compare the answers to the
            golden images with those of the export where processor and library are the same, and so the answers too.

    Raises:
        NeedsTorchError: there is no such export, its library is not installed, or PyTorch is as fast; for ``auto`` also
            where there is a GPU, or the times were taken on another processor.
    """

    def __init__(self, configuration: Configuration, weights: Path, digest: str, *, once: bool = False) -> None:
        folder = weights.parent / "exports"
        size, name = configuration.plain("image_size"), configuration.plain("backend")
        try:
            exports = read_exports(folder, weights, digest)
            if exports.configuration != configuration.digest:
                raise NeedsTorchError(f"{folder}: exported from another configuration, or one that needs PyTorch")
            if exports.image_shape != (1, size, size):
                raise NeedsTorchError(f"{folder}: exported for another image size")
            export = _chosen(exports, name, check_precision(configuration.plain("precision")))
            self._answer = _opened(exports, export, folder, once)
        except NeedsTorchError:
            raise
        except ConfigError as error:
            raise NeedsTorchError(str(error)) from error
        self.answered_by = f"{export.backend} {export.precision}"

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (B, L) of images (B, 1, S, S)."""
        return expit(self._answer(images)).astype(np.float32)


def _chosen(exports: Exports, name: str, precision: str) -> Export:
    fitting = [e for e in exports.exports if e.status == "ok" and e.precision == precision]
    if name == "auto":
        if exports.device != cpu_name() or _has_gpu():
            raise NeedsTorchError("the exports were timed on another device")
        timed = [e for e in fitting if e.ms_per_image is not None]
        fitting = sorted(timed, key=lambda e: e.ms_per_image or 0.0)[:1]
    else:
        fitting = [e for e in fitting if e.backend == name]
    for export in fitting:
        if export.backend in SESSIONS and find_spec(export.backend) is not None:
            return export
    raise NeedsTorchError(f"backend {name} in {precision} is no export that answers without PyTorch")


def _has_gpu() -> bool:
    return _NVIDIA.exists() and os.environ.get("CUDA_VISIBLE_DEVICES") != ""


def _opened(exports: Exports, export: Export, folder: Path, once: bool) -> ArrayAnswer:
    first, *_ = export.intact_files(folder, exports.digests)
    try:
        answer = SESSIONS[export.backend](first, export.precision, _threads(), once=once)
    except Exception as error:  # each library raises types of its own
        raise NeedsTorchError(f"{first}: cannot be opened ({error})") from error
    same = (exports.device, export.library) == (cpu_name(), library(export.backend))
    if not (once and same):
        images, logits = exports.golden(folder)
        if not array_difference(answer(images), logits) <= export.bound:
            raise NeedsTorchError(f"{first}: answers otherwise on this machine than at export")
    return answer


def _threads() -> int:
    """As many as PyTorch would take."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdigit() and int(told) else len(os.sched_getaffinity(0))
