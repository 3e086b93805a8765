"""The network of an inference workflow, computed by whatever backend the configuration names."""

import logging
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from .device import device_name
from .precision import BOUNDS, check_precision, difference
from .record import REMEDY, Export, Exports, read_exports
from .runtime import Answer
from .runtimes import RUNTIMES, runtime_named

AUTO = "auto"
_SAME_NETWORK = BOUNDS["bf16"]
"""The network itself may run under autocast; another network lies farther away."""

logger = logging.getLogger(__name__)


class Backend(nn.Module):
    """Answer as `network` does, computed by PyTorch or by one of the exports of `lucency export`.

    What is used is decided at the first images, when the network has its weights. An exported file is used only if it
    was made of the same weights, is intact, and gives on this machine, for the golden images stored with it, what it
    gave at export; and if `network` gives that too. So neither a stale export nor a processor that rounds
    differently changes an answer.

    ``auto`` takes the fastest export whose time was measured on this device, or PyTorch, and logs why.

    Args:
        name: ``torch``, ``torchscript``, ``onnxruntime``, ``openvino``, ``tensorrt`` or ``auto``.
        network: from images (B, 1, S, S) to logits (B, L), in evaluation mode.
        weights: file of the weights that `network` holds when it is first called.
        folder: of the exports; by default `exports` beside the weights.
        precision: ``fp32``, ``bf16`` or ``int8``, as exported.
        threads: of the CPU; by default as PyTorch. For PyTorch's own backends it is set for the whole process.

    Raises:
        ConfigError: unknown name or precision, a library that is not installed; at the first call, an export that is
            absent, damaged, of other weights, another network or another image size.

    Example:
        >>> network = nn.Sequential(nn.Flatten(), nn.Linear(4, 3)).eval()
        >>> Backend(name="torch", network=network, weights="model.pt")(torch.ones(2, 1, 2, 2)).shape
        torch.Size([2, 3])
    """

    def __init__(
        self,
        *,
        name: str,
        network: nn.Module,
        weights: str | Path,
        folder: str | Path | None = None,
        precision: str = "fp32",
        threads: int | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.network = network
        self.weights = Path(weights)
        self.folder = Path(folder) if folder is not None else self.weights.parent / "exports"
        self.precision = check_precision(precision)
        if threads is not None and threads < 1:
            raise ConfigError(f"backend {name!r}: threads is {threads}; give 1 or more")
        self.threads = threads
        self.chosen: str | None = None
        """What answers; known after the first images."""
        self.answered_by: str | None = None
        """The same with its precision, which is fp32 where ``auto`` fell back to PyTorch for want of an int8 export."""
        self._answer: Answer | None = None
        if name != AUTO:
            runtime = runtime_named(name, others=(AUTO,))
            runtime.require()
            if self.precision not in runtime.precisions:
                offers = ", ".join(runtime.precisions)
                raise ConfigError(f"backend {name!r}: cannot compute in {precision}; choose precision {offers}")

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, L) float32 of images (B, 1, S, S)."""
        if self._answer is None:
            self._answer = self._open(image)
        if self.chosen == "torch":
            return self._answer(image)
        with torch.autocast(image.device.type, enabled=False):
            return self._answer(image)

    def _open(self, image: Tensor) -> Answer:
        if self.name == AUTO:
            return self._open_fastest(image)
        if self.name == "torch":
            return self._open_torch()
        exports = read_exports(self.folder, self.weights)
        export = exports.find(self.name, self.precision)
        if export is None or export.status != "ok":
            why = f" ({export.reason})" if export and export.reason else ""
            raise ConfigError(
                f"{self.folder}: holds no {self.name} in {self.precision}{why}; "
                f"make it with lucency export --backend {self.name} --precision {self.precision}"
            )
        return self._open_export(exports, export, image)

    def _open_torch(self) -> Answer:
        answer = RUNTIMES["torch"].open([], self.network, self.precision, self._threads)
        precision = self.precision if self.precision in RUNTIMES["torch"].precisions else "fp32"
        self.chosen, self.answered_by = "torch", f"torch {precision}"
        return answer

    def _open_fastest(self, image: Tensor) -> Answer:
        try:
            exports = read_exports(self.folder, self.weights)
        except ConfigError as error:
            logger.warning("backend auto: torch, because of %s", error)
            return self._open_torch()
        here = device_name(image.device)
        if exports.device != here:
            logger.warning(
                "backend auto: torch, because the times in %s are of %s and this is %s; %s here",
                self.folder,
                exports.device,
                here,
                REMEDY,
            )
            return self._open_torch()
        timed = {e.backend: e.ms_per_image for e in exports.exports if self._is_candidate(e)}
        for name, milliseconds in sorted(timed.items(), key=lambda pair: pair[1] or 0.0):
            export = exports.find(name, self.precision)
            if name == "torch" or export is None:
                break
            try:
                answer = self._open_export(exports, export, image)
            except ConfigError as error:
                logger.warning("backend auto: not %s, because of %s", name, error)
            else:
                logger.info("backend auto: %s, %s ms an image (torch: %s)", name, milliseconds, timed.get("torch"))
                return answer
        logger.info("backend auto: torch, the fastest of %s", ", ".join(timed) or "no timed exports")
        return self._open_torch()

    def _is_candidate(self, export: Export) -> bool:
        return export.status == "ok" and export.precision == self.precision and export.ms_per_image is not None

    def _open_export(self, exports: Exports, export: Export, image: Tensor) -> Answer:
        runtime = RUNTIMES[export.backend]
        runtime.require()
        if tuple(image.shape[1:]) != exports.image_shape:
            sizes = " x ".join(map(str, exports.image_shape)), " x ".join(map(str, image.shape[1:]))
            raise ConfigError(f"{self.folder}: exported for images of {sizes[0]}, not {sizes[1]}; {REMEDY}")
        files = export.intact_files(self.folder)
        try:
            answer = runtime.open(files, self.network, self.precision, self._threads)
        except Exception as error:  # each library raises types of its own
            raise ConfigError(f"{files[0]}: {runtime.module} cannot open it ({error}); {REMEDY}") from error
        images, logits = (torch.from_numpy(array).to(image.device) for array in exports.golden(self.folder))
        with torch.no_grad(), torch.autocast(image.device.type, enabled=False):
            gaps = difference(self.network(images), logits), difference(answer(images), logits)
        if not gaps[0] <= _SAME_NETWORK:
            raise ConfigError(
                f"{self.folder}: exported from another network than this one, or its weights are not loaded "
                f"(probabilities differ by {gaps[0]:.2g}); {REMEDY}"
            )
        if not gaps[1] <= export.bound:
            raise ConfigError(
                f"{files[0]}: answers otherwise on this machine than at export (probabilities differ by "
                f"{gaps[1]:.2g}, more than {export.bound:g}); {REMEDY} here, or choose backend torch"
            )
        self.chosen, self.answered_by = export.backend, f"{export.backend} {self.precision}"
        return answer

    @property
    def _threads(self) -> int:
        return self.threads or torch.get_num_threads()
