"""Global label correlations are held to what the training labels say."""
# ruff: noqa: N803  G as in the formulas

from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from .correlation_consistency import LEAST, divergence
from .label_correlations import in_full_precision


class CooccurrenceAnchor(nn.Module):
    r"""Distance of the global correlations $G$ from the co-occurrence $\hat P$ of the training labels.

    $L_{anc} = \frac{1}{C} \sum_c \mathrm{KL}(\hat P_c \Vert G_c)$. Rows of $\hat P$ that are the same all along, as
    that of a finding which is never positive, say nothing and take no part: $C$ counts the others. A cell that is
    NaN, a pair never known together, takes no part either: $G_c$ is compared by what it holds of the rest, each in
    proportion. It gives $G$ its content where there is none yet. A part of `LabelCorrelationLoss`.

    An addition of this package's, needed by its reconstruction of Zhang et al. (doi:10.1016/j.cmpb.2024.108032), see
    `CorrelationConsistency`.

    Args:
        cooccurrence: $\hat P$ (C, C), rows sum to 1; see `lucency.losses.cooccurrence`.

    Raises:
        ConfigError: that is no such table; or, during training, $G$ has another number of findings.

    Example:
        >>> anchor = CooccurrenceAnchor(cooccurrence=[[0.75, 0.25], [0.5, 0.5]])
        >>> anchor(torch.full((2, 2), 0.5))
        tensor(0.1308)
    """

    cooccurrence: Tensor

    def __init__(self, *, cooccurrence: Any) -> None:
        super().__init__()
        table = _table(cooccurrence)
        self.register_buffer("cooccurrence", table, persistent=False)  # a setting of the config, not learned state

    def forward(self, G: Tensor) -> Tensor:
        """The distance, a scalar, of G (C, C), whose rows sum to 1."""
        if G.shape != self.cooccurrence.shape:
            raise ConfigError(
                f"CooccurrenceAnchor: cooccurrence is of {len(self.cooccurrence)} findings, G of {len(G)}; "
                "count it from the training records of this network's findings"
            )
        known = ~self.cooccurrence.isnan()
        shares = in_full_precision(G) * known
        shares = shares / shares.sum(dim=1, keepdim=True).clamp(min=LEAST)
        distances = divergence(self.cooccurrence.nan_to_num(nan=0.0).to(shares), shares).sum(dim=1)
        rows = _speaks(self.cooccurrence).to(shares)
        return (rows * distances).sum() / rows.sum().clamp(min=1)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"findings={len(self.cooccurrence)}, rows={int(_speaks(self.cooccurrence).sum())}"


def _speaks(table: Tensor) -> Tensor:
    """Rows (C,) that are not the same all along, unknown cells left aside."""
    highest, lowest = (table.nan_to_num(nan=value).double() for value in (-torch.inf, torch.inf))
    return highest.amax(dim=1) > lowest.amin(dim=1)


def _table(cooccurrence: Any) -> Tensor:
    try:
        table = torch.as_tensor(cooccurrence, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ConfigError("CooccurrenceAnchor: cooccurrence is no table; give lucency.losses.cooccurrence") from error
    if table.ndim != 2 or table.shape[0] != table.shape[1] or table.numel() == 0:
        raise ConfigError(f"CooccurrenceAnchor: cooccurrence is {tuple(table.shape)}; give (findings, findings)")
    sums = table.nansum(dim=1)
    for row in torch.nonzero((table < 0).any(dim=1) | ~((sums - 1).abs() < 1e-4))[:1, 0].tolist():
        raise ConfigError(
            f"CooccurrenceAnchor: row {row} of cooccurrence has a negative cell or sums to {sums[row].item():g} "
            "instead of 1; count it with lucency.losses.cooccurrence"
        )
    return table
