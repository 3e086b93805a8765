"""How often findings are recorded together, as a table that rows of correlations can be compared with."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ..errors import ConfigError
from .base import number_in
from .target_table import target_table


def cooccurrence(targets: Any, *, epsilon: float = 1e-4) -> np.ndarray:
    r"""Share of each finding among the positives of another, $\hat P_{cc'}$ of the training labels; rows sum to 1.

    $\hat P_{cc'} \propto \frac{\#(y_c = 1,\ y_{c'} = 1)}{\#(y_c = 1,\ y_{c'} \in \{0, 1\})} + \varepsilon$

    | | cell, row |
    |---|---|
    | pair of labels of which one is unknown or soft | not counted |
    | pair never known together, though $c$ has positives | NaN, since nothing is known of it; the rest sums to 1 |
    | $c$ never positive | the row is uniform, $1/C$ |

    Give it the records that are trained on and no others: then no label of another part of the data can reach the
    network through it.

    Args:
        targets: targets (N, C) in [0, 1] or NaN for unknown, tensor, array or nested list; or the training data list,
            dicts with `label` (C,), as `lucency.data.load_records` gives it.
        epsilon: $\varepsilon$, above 0, so that a pair never seen keeps a share and the logits of $G$ stay bounded;
            0.0001 is our choice.

    Returns:
        (C, C) float64.

    Raises:
        ConfigError: targets make no table, or `epsilon` is not in (0, 1].
        LabelError: a target is not in [0, 1] or NaN.

    Example:
        >>> cooccurrence([[1.0, 1.0, 0.0], [1.0, 0.0, torch.nan]], epsilon=1e-9).round(3)
        array([[0.667, 0.333, 0.   ],
               [0.5  , 0.5  , 0.   ],
               [0.333, 0.333, 0.333]])
    """
    number_in("cooccurrence", "epsilon", epsilon, 1e-12, 1)
    table = target_table("cooccurrence", _matrix(targets)).double()
    present = (table == 1).double()
    known = present + (table == 0)
    together, counted = (present.T @ present).numpy(), (present.T @ known).numpy()
    rate = np.divide(together, counted, out=np.full_like(together, np.nan), where=counted > 0) + epsilon
    rate[np.isnan(rate).all(axis=1)] = 1.0
    shares: np.ndarray = rate / np.nansum(rate, axis=1, keepdims=True)
    return shares


def _matrix(targets: Any) -> Any:
    """The labels of a data list; whatever else it is, as it is."""
    if not (isinstance(targets, Sequence) and len(targets) > 0 and isinstance(targets[0], Mapping)):
        return targets
    for place, record in enumerate(targets):
        if "label" not in record:
            raise ConfigError(f"cooccurrence: record {place} has no label; give the list of load_records as it is")
    return torch.stack([torch.as_tensor(record["label"], dtype=torch.float32) for record in targets])
