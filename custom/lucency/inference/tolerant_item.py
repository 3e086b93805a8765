"""Describing, checking and reading one file in such a way that whatever is wrong with it costs only its own row."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset as Header

from ..errors import causes, explanation, one_line
from ..results.schema import GuardResult
from .folder import describe

Pixels = NDArray[np.float32]
OUTCOMES = ("not_run", "accept", "warning", "refuse")  # from the mildest to the severest


class Guard(Protocol):
    """What `tolerant_item` asks of an input guard."""

    def check_header(self, dataset: Header | None) -> GuardResult:
        """Judge a DICOM header; there is none for PNG, JPEG and NIfTI."""

    def check_image(self, image: Pixels) -> GuardResult:
        """Judge a preprocessed image, (S, S), float32 in [0, 1]."""


def reason_of(error: Exception) -> dict[str, str]:
    """Status and reason of a file that could not be read."""
    *_, first = causes(error)
    text = (str(first).strip() or "no message").splitlines()[0]
    return {"status": "failed", "reason": explanation(error) or one_line(f"{type(first).__name__}: {text}")}


def tolerant_item(
    record: Mapping[str, Any],
    read: Callable[[dict[str, Any]], Pixels],
    shape: Sequence[int],
    guard: Guard | None = None,
    failure: Callable[[Exception], dict[str, str]] = reason_of,
) -> dict[str, Any]:
    """Describe, check and preprocess one file.

    Args:
        record: ``image`` (path) and ``file``, as `list_radiographs` makes them.
        read: preprocesses the file of a record: (1, S, S), float32 in [0, 1].
        shape: (1, S, S).
        guard: judges header and image; without one everything readable is accepted. A header that it refuses spares
            the decoding of the pixels.
        failure: makes status and reason of an error, or raises it.

    Returns:
        The record with ``path``; ``image``, what was read, black unless the status is ``ok``; ``status``, ``reason``,
        ``guard``, ``guard_reasons`` (one a line) and the columns of `IDENTIFIERS`.
    """
    description, header = describe(Path(record["image"]))
    item = {**record, "path": record["image"], "image": np.zeros(tuple(shape), np.float32), **description}
    item |= {"guard": "not_run", "guard_reasons": ""}
    if item["status"] != "ok":
        return item
    try:
        if guard and not _admit(item, guard.check_header(header)):
            return item
        image = read(dict(record))
        if guard and not _admit(item, guard.check_image(image[0])):
            return item
        return item | {"image": image}
    except Exception as error:  # whatever is wrong with one file must not end the run
        return item | failure(error)


def _admit(item: dict[str, Any], judged: GuardResult) -> bool:
    item["guard"] = max(item["guard"], judged.outcome, key=OUTCOMES.index)
    # one text, as a batch takes no lists of unequal length
    reasons = [*item["guard_reasons"].splitlines(), *judged.reasons]
    item["guard_reasons"] = "\n".join(reasons)
    if judged.outcome == "refuse":
        item |= {"status": "refused", "reason": "; ".join(judged.reasons)}
    return judged.outcome != "refuse"
