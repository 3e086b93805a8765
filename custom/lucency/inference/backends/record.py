"""`exports.json`: which files belong to which weights, how far they lie from PyTorch, how fast they are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors.numpy import load_file

from ...errors import ConfigError
from ...files import sha256_of
from .precision import Precision

FILE = "exports.json"
CHECKED_ON = "checked_on.safetensors"
REMEDY = "export again with lucency export"


class Export(BaseModel):
    """One backend in one precision.

    Attributes:
        backend: a name in `RUNTIMES`.
        precision: fp32, bf16 or int8.
        status: ``ok``; ``failed``: it could not be made or missed the bound; ``skipped``: not tried.
        reason: why not ``ok``.
        files: names beside `exports.json` to SHA-256, the one to open first; none for torch.
        library: what made it, with version.
        bound: largest difference of a probability that was allowed.
        max_difference: largest one to PyTorch in float32 on the golden images.
        ms_per_image: median of interleaved rounds; ``None`` if not timed.
    """

    model_config = ConfigDict(extra="forbid")

    backend: str
    precision: Precision
    status: Literal["ok", "failed", "skipped"]
    reason: str | None = None
    files: Mapping[str, str] = {}
    library: str | None = None
    bound: float
    max_difference: float | None = None
    ms_per_image: float | None = None

    @property
    def key(self) -> tuple[str, Precision]:
        """What tells two exports of the same weights apart."""
        return self.backend, self.precision

    def intact_files(self, folder: Path, digests: Mapping[str, str] | None = None) -> list[Path]:
        """Paths of the files.

        Args:
            folder: of `exports.json`.
            digests: known ones, see `sha256_of`.

        Raises:
            ConfigError: one is absent or has changed since it was checked.
        """
        for name, expected in self.files.items():
            path = folder / name
            if not path.is_file():
                raise ConfigError(f"{path}: is gone; {REMEDY}")
            if sha256_of(path, digests) != expected:
                raise ConfigError(f"{path}: differs from what was checked at export (damaged or replaced); {REMEDY}")
        return [folder / name for name in self.files]


class Exports(BaseModel):
    """All exports of one network.

    Attributes:
        weights_sha256: of the weights file.
        image_shape: (1, S, S).
        device: processor or GPU on which times were taken.
        threads: of the processor.
        batch_size: images at a time.
        made_with: versions of lucency and torch.
        checked_on: SHA-256 of `checked_on.safetensors`, golden images and PyTorch's float32 logits of them.
        configuration: SHA-256 of the inference configuration that a run without PyTorch repeats (`torch_free`);
            ``None`` where it cannot.
        needs_torch: why it cannot.
        digests: SHA-256 of weights and files by `stamp_of`, as they lay where they were exported.
    """

    model_config = ConfigDict(extra="forbid")

    schema_version: Literal[1] = 1
    weights_sha256: str
    image_shape: tuple[int, ...]
    device: str
    threads: int
    batch_size: int
    made_with: Mapping[str, str]
    checked_on: str
    configuration: str | None = None
    needs_torch: str | None = None
    digests: Mapping[str, str] = {}
    exports: list[Export]

    def find(self, backend: str, precision: Precision) -> Export | None:
        """Return the export of this backend and precision, whatever its status."""
        return next((export for export in self.exports if export.key == (backend, precision)), None)

    def golden(self, folder: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Images (N, 1, S, S) and PyTorch's float32 logits (N, L), stored at export.

        Raises:
            ConfigError: the file is absent or has changed.
        """
        path = folder / CHECKED_ON
        if not path.is_file() or sha256_of(path) != self.checked_on:
            raise ConfigError(f"{path}: is gone or damaged; {REMEDY}")
        arrays = load_file(path)
        return arrays["images"], arrays["logits"]


def known_digests(folder: str | Path) -> Mapping[str, str]:
    """Digests that `exports.json` of a folder keeps; none where there is no such file that can be read."""
    try:
        return Exports.model_validate_json((Path(folder) / FILE).read_text()).digests
    except (OSError, ValidationError, UnicodeDecodeError):
        return {}


def read_exports(folder: str | Path, weights: str | Path, digest: str | None = None) -> Exports:
    """Read `exports.json` of a folder and make sure that it was made of these weights.

    Args:
        folder: of the exports.
        weights: the weights file.
        digest: its SHA-256, where that is known already.

    Raises:
        ConfigError: there are no exports, they cannot be read, or they belong to other weights.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        raise ConfigError(f"{path}: there are no exports; make them with lucency export")
    try:
        exports = Exports.model_validate_json(path.read_text())
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: does not describe exports ({type(error).__name__}); {REMEDY}") from error
    if exports.weights_sha256 != (digest or weights_digest(weights)):
        raise ConfigError(f"{path}: made of other weights than {weights}; {REMEDY}")
    return exports


def weights_digest(path: str | Path) -> str:
    """SHA-256 of a weights file.

    Raises:
        ConfigError: there is none.
    """
    if not Path(path).is_file():
        raise ConfigError(f"{path}: no weights there; train first, or give the path of a model.pt by --weights")
    return sha256_of(Path(path))
