"""A data set in which one unreadable or unsuitable file costs only its own row."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.data import Dataset

from .tolerant_item import Guard, Pixels, reason_of, tolerant_item


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
        item = tolerant_item(self.data[index], self._read, self.shape, self.guard, self.failure)
        return item | {"image": torch.from_numpy(item["image"])}

    def _read(self, record: dict[str, Any]) -> Pixels:
        image: Pixels = torch.as_tensor(self.transform(record)["image"]).numpy()
        return image

    def failure(self, error: Exception) -> dict[str, str]:
        """Status and reason of a file that could not be read; a host that treats some errors otherwise raises them."""
        return reason_of(error)
