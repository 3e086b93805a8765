"""The targets of all training images, for a loss that keeps something about each of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..errors import ConfigError, LabelError


def target_table(owner: str, targets: Any) -> Tensor:
    """Targets (N, L) float32 of all training images, from anything that holds them.

    Args:
        owner: the class that asks, for messages.
        targets: tensor, array or nested list (N, L), in [0, 1] or NaN for unknown; or the training data list itself,
            dicts with `label` (L,) and perhaps `index`, the row of the table; without it, the place in the list.

    Raises:
        ConfigError: not (N, L), or a record has no label, or the indices are not 0 … N - 1.
        LabelError: a target is not in [0, 1] or NaN.

    Example:
        >>> target_table("MyLoss", [{"index": 0, "label": [1.0, torch.nan]}])
        tensor([[1., nan]])
    """
    if isinstance(targets, Sequence) and len(targets) > 0 and isinstance(targets[0], Mapping):
        targets = _labels(owner, targets)
    try:
        table = torch.as_tensor(targets, dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ConfigError(f"{owner}: targets make no table, one row an image and one column a finding") from error
    if table.ndim != 2 or table.numel() == 0:
        raise ConfigError(
            f"{owner}: targets are {tuple(table.shape)}; give those of all training images, (images, findings), "
            "or the data list"
        )
    for row, column in torch.nonzero((table < 0) | (table > 1))[:1].tolist():
        raise LabelError(
            f"{owner}: target {table[row, column].item():g} of training image {row}, column {column} is not in [0, 1] "
            "or NaN; turn label states into targets with a TargetPolicy"
        )
    return table


def _labels(owner: str, records: Sequence[Mapping[str, Any]]) -> Tensor:
    row_of: dict[int, int] = {}
    for place, record in enumerate(records):
        row = int(record.get("index", place))
        if "label" not in record or row in row_of or not 0 <= row < len(records):
            raise ConfigError(
                f"{owner}: record {place} of the training data has "
                + (f"index {row}, taken or too large" if "label" in record else "no label")
                + "; give the list of load_records as it is"
            )
        row_of[row] = place
    places = [row_of[row] for row in range(len(records))]
    return torch.stack([torch.as_tensor(records[place]["label"], dtype=torch.float32) for place in places])
