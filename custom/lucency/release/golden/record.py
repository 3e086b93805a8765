"""`golden.json`: images, weights, and the probabilities that they must give."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import ConfigError

FILE = "golden.json"


class SeededWeights(BaseModel):
    """Weights that `seeded_state` draws."""

    model_config = ConfigDict(extra="forbid")
    seeded: int = Field(ge=0)


class StoredWeights(BaseModel):
    """Weights in a file."""

    model_config = ConfigDict(extra="forbid")
    sha256: str


class GoldenImage(BaseModel):
    """One image.

    Attributes:
        file: name in the bundle's folder `golden`.
        sha256: of the file.
        probabilities: finding to probability, in the order of the network's outputs.
    """

    model_config = ConfigDict(extra="forbid")
    file: str
    sha256: str
    probabilities: Mapping[str, float]


class Golden(BaseModel):
    """What a bundle must answer.

    Attributes:
        made_with: versions of lucency and torch.
        weights: which weights give the probabilities.
        image_shape: (1, S, S) after preprocessing.
        images: two or more.
    """

    model_config = ConfigDict(extra="forbid")
    schema_version: Literal[1] = 1
    made_with: Mapping[str, str]
    weights: SeededWeights | StoredWeights
    image_shape: tuple[int, ...]
    images: list[GoldenImage] = Field(min_length=2)

    @property
    def findings(self) -> list[str]:
        """Finding ids, in the order of the network's outputs."""
        return list(self.images[0].probabilities)


def read_golden(path: str | Path) -> Golden:
    """Read a `golden.json`.

    Raises:
        ConfigError: it is absent or holds something else.
    """
    try:
        return Golden.model_validate_json(Path(path).read_text())
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else "does not hold golden probabilities"
        raise ConfigError(f"{path}: {reason}; lucency bundle golden makes it") from error
