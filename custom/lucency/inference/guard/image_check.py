"""The image check: is this an upright frontal chest radiograph, bright where the body is dense?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from safetensors.numpy import load_file

from ...errors import ConfigError
from ..yaml_mapping import parsed
from .image_network import ImageNetwork, seen
from .poses import POSES

MODEL = Path(__file__).with_name("image_check.safetensors")
"""The network that is shipped; what it was trained and measured on stands beside it in `image_check.yaml`."""


class Thresholds(BaseModel):
    """From which probability on the image check speaks up; chosen on validation images.

    Attributes:
        other: an image may be no frontal chest radiograph above it.
        sure: and is none above this.
        upright: a chest is turned, mirrored or inverted below it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    other: float = Field(gt=0, lt=1)
    sure: float = Field(gt=0, lt=1)
    upright: float = Field(gt=0, lt=1)


@dataclass(frozen=True)
class Answer:
    """What the network thinks of one image.

    Attributes:
        other: probability that it is something else than a frontal chest radiograph.
        upright: probability of a chest as it should be, given that it is a chest.
        pose: the most probable pose if it is not upright and not inverted; upright if it is inverted alone.
        inverted: whether that most probable fault is (also) an inverted grey scale.
        fault: probability of that fault, given that it is a chest.
    """

    other: float
    upright: float
    pose: str
    inverted: bool
    fault: float


class ImageCheck:
    """The trained network with its thresholds; pickles and survives a fork.

    Args:
        weights: `.safetensors` file of a `PoseNetwork`; the `.yaml` of the same name beside it holds its thresholds.

    Raises:
        ConfigError: weights or thresholds are missing or unreadable.
    """

    def __init__(self, weights: str | Path = MODEL) -> None:
        path = Path(weights)
        try:
            self.network = ImageNetwork(load_file(path))
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise ConfigError(
                f"{path}: holds no weights of the image check ({type(error).__name__}); train it with train_guard.py"
            ) from error
        self.thresholds = _thresholds(path.with_suffix(".yaml"))

    def __call__(self, image: ArrayLike) -> Answer:
        """Look at one image.

        Args:
            image: (H, W) in [0, 1], finite, not of one grey alone, black padding at the sides or not.
        """
        return answer_of(self.network(seen(np.asarray(image, dtype=np.float32))))


def answer_of(logits: ArrayLike) -> Answer:
    """Read the network's 17 logits of one image."""
    values = np.asarray(logits, dtype=np.float64)
    other = float(_softmax(values)[-1])
    chest = _softmax(values[:-1])
    fault = 1 + int(chest[1:].argmax())
    return Answer(
        other=other,
        upright=float(chest[0]),
        pose=POSES[fault % len(POSES)].name,
        inverted=fault >= len(POSES),
        fault=float(chest[fault]),
    )


def _softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(values - values.max())
    return np.asarray(powers / powers.sum())


def _thresholds(path: Path) -> Thresholds:
    try:
        content: Any = parsed(path.read_text(encoding="utf-8"))
        return Thresholds.model_validate(content["thresholds"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{path}: holds no thresholds of the image check ({type(error).__name__}); train it with train_guard.py"
        ) from error
