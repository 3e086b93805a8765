"""Records column by column, so that a batch is a few array look-ups and nothing is done for each item."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import TableError

Column = NDArray[Any] | list[Any]


class RecordColumns:
    """The entries of records, other than the image, ready to be taken in batches.

    Numbers and arrays of one shape become arrays, of which a batch takes a tensor: labels and other floating-point
    arrays in float32, single numbers as torch's own collating has them, int64 and float64. All else stays a list.

    Args:
        records: dicts with the same keys.

    Raises:
        TableError: a record lacks a key of the first one.

    Example:
        >>> records = [{"label": np.ones(2), "file": "a"}, {"label": np.zeros(2), "file": "b"}]
        >>> batch = RecordColumns(records).take(np.array([1, 0]))
        >>> batch["label"].tolist(), batch["label"].dtype, batch["file"]
        ([[0.0, 0.0], [1.0, 1.0]], torch.float32, ['b', 'a'])
    """

    def __init__(self, records: Sequence[Mapping[str, Any]]) -> None:
        names = [name for name in records[0] if name != "image"] if len(records) else []
        self._columns = {name: _column(_entries(records, name)) for name in names}

    def take(self, places: NDArray[np.int64]) -> dict[str, Tensor | list[Any]]:
        """The entries of some records, as one batch."""
        listed = places.tolist()
        return {
            name: [column[place] for place in listed] if isinstance(column, list) else torch.from_numpy(column[places])
            for name, column in self._columns.items()
        }


def _entries(records: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    try:
        return [record[name] for record in records]
    except KeyError as error:
        lacking = next(place for place, record in enumerate(records) if name not in record)
        raise TableError(
            f"record {lacking} has no '{name}', which record 0 has; give all records the same keys"
        ) from error


def _column(entries: list[Any]) -> Column:
    kinds = {type(entry) for entry in entries}
    if kinds == {bool}:
        return np.array(entries, bool)
    if all(issubclass(kind, int | np.integer) for kind in kinds):
        return np.array(entries, np.int64)
    if all(issubclass(kind, int | float | np.integer | np.floating) for kind in kinds):
        return np.array(entries, np.float64)
    if all(issubclass(kind, np.ndarray | Tensor) for kind in kinds):
        return _stacked(entries)
    return entries


def _stacked(arrays: list[Any]) -> Column:
    if len({tuple(array.shape) for array in arrays}) > 1:
        return arrays
    column = np.stack([np.asarray(array) for array in arrays])
    return column.astype(np.float32) if column.dtype.kind == "f" else column
