"""A data set in which one unreadable file costs only its own row."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.data import Dataset

from ..errors import causes, explanation


class TolerantDataset(Dataset[dict[str, Any]]):
    """Apply `transform` to each record; where that fails, hand on a black placeholder with the reason.

    The batch keeps its shape, the network's answer for a placeholder is thrown away by the writer, and the file's row
    says ``failed`` with one line of explanation.

    Args:
        data: records with ``image``, ``status`` and ``reason``, as `list_radiographs` makes them.
        transform: preprocessing; what it does to a record's ``image`` is handed on.
        shape: shape of the preprocessed image, (1, S, S).

    Example:
        >>> from lucency.errors import LucencyError
        >>> def refuse(record):
        ...     raise LucencyError("a.dcm: truncated")
        >>> item = TolerantDataset([{"image": "a.dcm", "status": "ok", "reason": ""}], refuse, (1, 2, 2))[0]
        >>> item["status"], item["reason"], tuple(item["image"].shape)
        ('failed', 'a.dcm: truncated', (1, 2, 2))
    """

    def __init__(self, data: Sequence[dict[str, Any]], transform: Callable[[Any], Any], shape: Sequence[int]) -> None:
        self.data = data
        self.transform = transform
        self.shape = tuple(shape)

    def __len__(self) -> int:
        """Count the records."""
        return len(self.data)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Preprocess one record, or explain why not."""
        record = self.data[index]
        if record["status"] != "ok":
            return self._placeholder(record, record["status"], record["reason"])
        try:
            return {**record, "image": torch.as_tensor(self.transform(dict(record))["image"])}
        except Exception as error:  # whatever is wrong with one file must not end the run
            return self._placeholder(record, "failed", _one_line(error))

    def _placeholder(self, record: dict[str, Any], status: str, reason: str) -> dict[str, Any]:
        return {**record, "image": torch.zeros(self.shape), "status": status, "reason": reason}


def _one_line(error: Exception) -> str:
    *_, first = causes(error)
    text = (str(first).strip() or "no message").splitlines()[0]
    return explanation(error) or f"{type(first).__name__}: {text}"
