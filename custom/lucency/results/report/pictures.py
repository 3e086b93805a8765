"""Radiographs and heat maps of the failures, small enough to stand inside a page."""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...errors import LucencyError
from ...transforms import read_radiograph
from .report import Failure

LONGEST = 320  # pixels
QUALITY = 80  # of JPEG


@dataclass(frozen=True)
class HeatMaps:
    """How failures are explained.

    Attributes:
        method: name of the method and of the layer.
        draw: from a failure to its radiograph with the heat map of its finding, (rows, columns, 3).
    """

    method: str
    draw: Callable[[Failure], NDArray[np.uint8]]


def picture_failures(failures: Sequence[Failure], heat_maps: HeatMaps | None) -> tuple[list[Failure], list[str]]:
    """Make a picture of every failure.

    Args:
        failures: what to show.
        heat_maps: how they are drawn; without, the radiographs are shown as they are.

    Returns:
        The failures, with a note where there is no picture or no heat map, and a data URI each, empty where there is
        no picture.
    """
    noted, pictures = [], []
    for failure in failures:
        picture, note = _picture(failure, heat_maps)
        noted.append(failure.model_copy(update={"note": note}))
        pictures.append(picture)
    return noted, pictures


def data_uri(picture: NDArray[np.uint8]) -> str:
    """A grey or colour picture, reduced to at most 320 pixels, as JPEG inside a data URI.

    Example:
        >>> data_uri(np.zeros((4, 4), np.uint8))[:22]
        'data:image/jpeg;base64'
    """
    image = Image.fromarray(picture)
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _picture(failure: Failure, heat_maps: HeatMaps | None) -> tuple[str, str]:
    if not failure.file:
        return "", "no picture: the scores name no file"
    note = ""
    if heat_maps is not None:
        try:
            return data_uri(heat_maps.draw(failure)), ""
        except (LucencyError, OSError) as error:
            note = f"no heat map: {error}"
    try:
        grey = np.rint(np.clip(read_radiograph(failure.file), 0, 1) * 255).astype(np.uint8)
        return data_uri(grey), note
    except (LucencyError, OSError):
        return "", "no picture: the file cannot be read here"
