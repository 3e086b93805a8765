"""Which model gave an answer: what ties calibration, operating points and reports to it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, computed_field, model_validator

from ..errors import ConfigError
from ..files import sha256_of
from .running_code import warn_of_other_code


class ModelIdentity(BaseModel):
    """Name, version and whatever else changes a probability.

    Attributes:
        name: of the bundle.
        version: of the bundle.
        findings: ids, in the order of the network's outputs.
        weights_sha256: of the weights file; ``None`` where there is no such file.
        settings: preprocessing that changes the answer, such as image size and cropping.

    Example:
        >>> first = ModelIdentity(name="b", version="1", findings=("mass",), weights_sha256="0a", settings={"size": 64})
        >>> second = first.model_copy(update={"settings": {"size": 96}})
        >>> first.fingerprint == second.fingerprint
        False
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    findings: tuple[str, ...]
    weights_sha256: str | None
    settings: Mapping[str, Any] = {}

    @computed_field  # type: ignore[prop-decorator] # as pydantic documents it
    @property
    def fingerprint(self) -> str:
        """SHA-256 of weights, findings and settings: equal fingerprints give equal probabilities."""
        content = [self.weights_sha256, self.findings, dict(self.settings)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @model_validator(mode="before")
    @classmethod
    def _computed_anew(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {key: value for key, value in data.items() if key != "fingerprint"}
        return data


def read_model_identity(path: str | Path) -> ModelIdentity:
    """Read the `model.json` that the evaluate workflow leaves beside its scores.

    Raises:
        ConfigError: it is absent or holds something else.
    """
    try:
        return ModelIdentity.model_validate_json(Path(path).read_text())
    except (OSError, ValueError) as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else "does not describe a model"
        raise ConfigError(
            f"{path}: {reason}; run the evaluate workflow, which writes it beside scores.csv, or give it by --model"
        ) from error


def identify_model(
    *,
    bundle_root: str | Path,
    weights: str | Path,
    findings: Sequence[str],
    settings: Mapping[str, Any] | None = None,
    digests: Mapping[str, str] | None = None,
) -> ModelIdentity:
    """Identify the model that a bundle's configuration describes; another version of its code is warned of.

    Args:
        bundle_root: folder of the bundle; name and version stand in its `configs/metadata.json`.
        weights: weights file; absent is no error here, the network's loader will say so.
        findings: finding ids, in the order of the network's outputs.
        settings: preprocessing that changes the answer.
        digests: known ones, see `sha256_of`.

    Raises:
        ConfigError: the bundle's metadata cannot be read.
    """
    warn_of_other_code(bundle_root)
    path, file = Path(weights), Path(bundle_root) / "configs" / "metadata.json"
    try:
        metadata = json.loads(file.read_text())
        name, version = Path(bundle_root).resolve().name, str(metadata["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{file}: does not say the bundle's version ({error!r}); give the bundle's folder") from error
    return ModelIdentity(
        name=name,
        version=version,
        findings=tuple(findings),
        weights_sha256=sha256_of(path, digests) if path.is_file() else None,
        settings=dict(settings or {}),
    )
