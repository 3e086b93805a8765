"""A data set in which one unreadable or unsuitable file costs only its own row."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from pydicom import Dataset as Header
from torch.utils.data import Dataset

from ..errors import causes, explanation, one_line
from ..results.schema import GuardResult
from .folder import describe


class Guard(Protocol):
    """What `TolerantDataset` asks of an input guard."""

    def check_header(self, dataset: Header | None) -> GuardResult:
        """Judge a DICOM header; there is none for PNG, JPEG and NIfTI."""

    def check_image(self, image: NDArray[np.float32]) -> GuardResult:
        """Judge a preprocessed image, (S, S), float32 in [0, 1]."""


class TolerantDataset(Dataset[dict[str, Any]]):
    """Describe, check and preprocess each file; where that fails, hand on a black placeholder with the reason.

    The batch keeps its shape, the network's answer for a placeholder is thrown away by the writer, and the file's row
    says ``failed``, ``skipped`` or ``refused`` with one line of explanation. A header that the guard refuses spares
    the decoding of its pixels.

    Args:
        data: records with ``image`` (path) and ``file``, as `list_radiographs` makes them.
        transform: preprocessing; what it does to a record's ``image`` is handed on.
        shape: shape of the preprocessed image, (1, S, S).
        guard: judges headers and images; without one everything readable is accepted.

    Example:
        >>> from lucency.errors import LucencyError
        >>> def refuse(record):
        ...     raise LucencyError("a.png: truncated")
        >>> item = TolerantDataset([{"image": "a.png", "file": "a.png"}], refuse, (1, 2, 2))[0]
        >>> item["status"], item["reason"], tuple(item["image"].shape)
        ('failed', 'a.png: truncated', (1, 2, 2))
    """

    def __init__(
        self,
        data: Sequence[dict[str, Any]],
        transform: Callable[[Any], Any],
        shape: Sequence[int],
        guard: Guard | None = None,
    ) -> None:
        self.data = data
        self.transform = transform
        self.shape = tuple(shape)
        self.guard = guard

    def __len__(self) -> int:
        """Count the files."""
        return len(self.data)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Preprocess one file, or explain why not."""
        record = dict(self.data[index])
        description, header = describe(Path(record["image"]))
        item = {**record, "path": record["image"], "image": torch.zeros(self.shape), **description}
        item |= {"guard": "not_run", "guard_reasons": ""}
        if item["status"] != "ok":
            return item
        try:
            if self.guard and not _admit(item, self.guard.check_header(header)):
                return item
            image = torch.as_tensor(self.transform(record)["image"])
            if self.guard and not _admit(item, self.guard.check_image(image[0].numpy())):
                return item
            return item | {"image": image}
        except Exception as error:  # whatever is wrong with one file must not end the run
            return item | self.failure(error)

    def failure(self, error: Exception) -> dict[str, str]:
        """Status and reason of a file that could not be read; a host that treats some errors otherwise raises them."""
        return {"status": "failed", "reason": _one_line(error)}


OUTCOMES = ("not_run", "accept", "warning", "refuse")  # from the mildest to the severest


def _admit(item: dict[str, Any], judged: GuardResult) -> bool:
    item["guard"] = max(item["guard"], judged.outcome, key=OUTCOMES.index)
    # one text, as a batch takes no lists of unequal length
    reasons = [*item["guard_reasons"].splitlines(), *judged.reasons]
    item["guard_reasons"] = "\n".join(reasons)
    if judged.outcome == "refuse":
        item |= {"status": "refused", "reason": "; ".join(judged.reasons)}
    return judged.outcome != "refuse"


def _one_line(error: Exception) -> str:
    *_, first = causes(error)
    text = (str(first).strip() or "no message").splitlines()[0]
    return explanation(error) or one_line(f"{type(first).__name__}: {text}")
